import { networkOutputs, networkParameters, type Network } from '../network.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { buildBackward, buildForward } from './forward.ts';
import { buildLoss, buildLossGradient, type Loss } from './loss.ts';
import { buildUpdates, nextName } from './optimizer.ts';
import { buildClipping, gradientName, names, stateTensors, type StepSpec } from './step.ts';

/**
 * The first half of a step, run by each process on its rows. Inputs: features, targets, 1/N and parameters. Outputs:
 * loss, outputs and `gradient/<parameter>`. With N as the rows of the whole batch, the gradients of all shards add up
 * to the batch's.
 */
export function buildGradientModel({ network, loss }: { readonly network: Network; readonly loss: Loss }): Uint8Array {
  const graph = new GraphBuilder();
  const width = networkOutputs(network);
  const parameters = networkParameters(network);
  const features = graph.input(names.features, ['rows', network.inputs]);
  const targets = graph.input(names.targets, ['rows', width]);
  const inverseRows = graph.input(names.inverseRows, []);
  for (const { name, shape } of parameters) graph.input(name, shape);
  const forward = buildForward(graph, network, features);
  const { outputs } = forward;
  graph.output(names.loss, buildLoss(graph, loss, outputs, targets), []);
  graph.output(names.outputs, outputs, ['rows', width]);
  const gradient = buildLossGradient(graph, loss, { outputs, targets, inverseRows, width });
  const gradients = buildBackward(graph, forward, gradient);
  for (const { name, shape } of parameters) {
    const value = gradients.get(name);
    if (value !== undefined) graph.output(gradientName(name), graph.node('Identity', [value]), shape);
  }
  return graph.encode('artenic-gradients');
}

/**
 * The second half of a step. Inputs: summed gradients, learning rate and state. Output: the next state, after clipping
 * the sum.
 */
export function buildUpdateModel(spec: StepSpec): Uint8Array {
  const graph = new GraphBuilder();
  const parameters = networkParameters(spec.network);
  const state = stateTensors(spec);
  const learningRate = graph.input(names.learningRate, []);
  for (const { name, shape } of state) graph.input(name, shape);
  let gradients: ReadonlyMap<string, string> = new Map(
    parameters.map(({ name, shape }) => [name, graph.input(gradientName(name), shape)]),
  );
  if (spec.clipNorm !== undefined) gradients = buildClipping(graph, gradients, spec.clipNorm);
  buildUpdates(graph, spec.optimizer, parameters, { learningRate, gradients });
  for (const { name, shape } of state) graph.output(nextName(name), nextName(name), shape);
  return graph.encode('artenic-update');
}
