import { assertNever } from '../assert-never.ts';
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';

/**
 * `softmax-cross-entropy`: targets are one-hot rows, the loss is −Σ y·log softmax(z), averaged over rows, in nats.
 * `mean-squared-error`: (z − y)², averaged over rows and outputs.
 * Both as in PyTorch's `CrossEntropyLoss` and `MSELoss` with reduction `mean`.
 */
export type Loss = 'softmax-cross-entropy' | 'mean-squared-error';

/** The loss as a scalar. */
export function buildLoss(graph: GraphBuilder, loss: Loss, outputs: Value, targets: Value): Value {
  switch (loss) {
    case 'softmax-cross-entropy': {
      const logs = graph.node('LogSoftmax', [outputs], { attributes: { axis: 1 } });
      const axis = graph.integers('/classes_axis', [1]);
      const perRow = graph.node('ReduceSum', [graph.node('Mul', [logs, targets]), axis], {
        attributes: { keepdims: 0 },
      });
      return graph.node('Neg', [graph.node('ReduceMean', [perRow], { attributes: { keepdims: 0 } })]);
    }
    case 'mean-squared-error': {
      const difference = graph.node('Sub', [outputs, targets]);
      return graph.node('ReduceMean', [graph.node('Mul', [difference, difference])], { attributes: { keepdims: 0 } });
    }
    default:
      return assertNever(loss);
  }
}

/**
 * Gradient of the loss by the outputs z: (softmax(z) − y) / N, and 2·(z − y) / (N·width).
 * @param inverseRows Scalar 1 / N.
 */
export function buildLossGradient(
  graph: GraphBuilder,
  loss: Loss,
  { outputs, targets, inverseRows, width }: { outputs: Value; targets: Value; inverseRows: Value; width: number },
): Value {
  switch (loss) {
    case 'softmax-cross-entropy': {
      const probabilities = graph.node('Softmax', [outputs], { attributes: { axis: 1 } });
      return graph.node('Mul', [graph.node('Sub', [probabilities, targets]), inverseRows]);
    }
    case 'mean-squared-error': {
      const factor = graph.node('Mul', [inverseRows, graph.scalar(2 / width)]);
      return graph.node('Mul', [graph.node('Sub', [outputs, targets]), factor]);
    }
    default:
      return assertNever(loss);
  }
}
