export { isPipeline, isPipelineFile, loadPipeline, type LoadedPipeline, type LoadOptions } from './load.js';
export type { Override } from './overrides.js';
export { preparePipeline, repeatsOf, resolvePipeline, type PreparedPipeline } from './prepare.js';
export { findPreset, listPresets, PRESET, presetFolder, presetNames, type PresetText } from './presets.js';
export { PipelineFailure, placeText, type Problem } from './problem.js';
export { pathText, type Place } from './tree.js';
export type { Environment } from './variables.js';
export { pipelineJsonSchema, type JsonSchema } from './json-schema.js';
