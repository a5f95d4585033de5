export { createTrainer } from './trainer.ts';
export type {
  Evaluation,
  NamedTensor,
  StepResult,
  Trainer,
  TrainerRuntime,
  TrainerSpec,
  TrainerState,
} from './trainer.ts';
export { train } from './train.ts';
export type { Callbacks, EpochReport, Metrics, StepReport, TrainOptions, TrainResult } from './train-options.ts';
export type { Layer, Network } from './network.ts';
export type { Loss } from './graphs/loss.ts';
export type { Optimizer } from './graphs/optimizer.ts';
export { oneHot } from './data.ts';
export type { Dataset } from './data.ts';
export { RandomNumbers } from './random.ts';
export type { RandomState } from './random.ts';
export { encodeFeatures, featureWidth, fitFeatures, stratifiedSplit } from './tabular.ts';
export type { Column, Feature, TableRow } from './tabular.ts';
export { exportModel } from './export-model.ts';
export type { ExportOptions } from './export-model.ts';
export { readNewestCheckpoint, writeCheckpoint } from './checkpoint-files.ts';
export type { FoundCheckpoint } from './checkpoint-files.ts';
export { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
export type { Checkpoint } from './checkpoint.ts';
export { decodeModel, modelInitializers, modelLabels, modelMetadata, usesExternalData } from './onnx/model.ts';
export type { Initializer, Shape } from './onnx/model.ts';
export { configNumber, platform } from './platform.ts';
export type { MetricsReport, Platform } from './platform.ts';
export { TrainingError } from './errors.ts';
export type { TrainingErrorCode } from './errors.ts';
export {
  holdoutSplit,
  kFoldSplits,
  stratifiedHoldoutSplit,
  stratifiedKFoldSplits,
  timeSeriesSplits,
} from './splits.ts';
export type { Split, TimeSeriesOptions } from './splits.ts';
export { schedule } from './schedules.ts';
export type { Schedule } from './schedules.ts';
export { fingerprintBytes, fingerprintFile, fingerprintRows } from './fingerprints.ts';
export type { Fingerprint, TableFingerprint } from './fingerprints.ts';
export type { Best, EarlyStop, EarlyStopping, KeepBest } from './monitor.ts';
export { findLearningRate, suggestLearningRates } from './learning-rate-finder.ts';
export type { LearningRateCurve, LearningRateSuggestions, LearningRateSweep } from './learning-rate-finder.ts';
export { stopOnSignals } from './stop-signals.ts';
export type { StopSignals } from './stop-signals.ts';
