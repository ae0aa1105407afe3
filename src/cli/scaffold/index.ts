import { cachePackage } from './cache.js';
import type { Files, Scaffold } from './names.js';
import { operatorPackage } from './operator.js';
import { pipelineFiles } from './pipeline.js';
import { sinkPackage } from './sink.js';
import { sourcePackage } from './source.js';

/** What `create` can make. */
export const scaffolds: Readonly<Record<string, (scaffold: Scaffold) => Files>> = {
  pipeline: pipelineFiles,
  cache: cachePackage,
  operator: operatorPackage,
  source: sourcePackage,
  sink: sinkPackage,
};
