import type { PluginKind } from '../../src/core/plugin.js';
import { pluginOf, type Registry } from '../registry.js';
import type { RunRequest } from '../resolve.js';
import { optionsOf } from './check.js';
import { allocationOf, bytesOf, type NamedEntry, type PipelineFile } from './file-schema.js';

/** What a checked file asks for, budgets aside. */
export function requestOf(file: PipelineFile, registry: Registry): RunRequest {
  const { kronflow, model, reference, prompt, tokens, seed, recall, sparsity, trace, onError, memory } = file;
  const { drive, generate } = file;
  const plain = (kind: PluginKind) => (entry: NamedEntry) => ({
    name: entry.name,
    options: optionsOf(kind, entry),
  });
  const caches = (file.caches ?? []).map((entry) => ({
    name: entry.name,
    label: entry.label,
    options: optionsOf('cache', entry),
    ...allocationOf(entry.allocation),
  }));
  const allocate = file.allocate?.map((one) => allocationOf(one).allocation!);
  return {
    ...{ kronflow, reference, prompt, tokens, seed, recall, sparsity, trace, onError, caches },
    ...(drive === undefined ? {} : { drive }),
    ...(generate === undefined ? {} : { generate }),
    source: sourceOf(file, registry),
    model: Object.fromEntries(Object.entries(model).filter(([, value]) => value !== undefined)),
    operators: file.operators.map(plain('operator')),
    sinks: file.sinks.map(plain('sink')),
    ...(allocate === undefined ? {} : { allocate }),
    memory: memory === null ? null : bytesOf(memory),
  };
}

/** Who asks for so many tokens of a source that draws them means that it draws so many. */
function sourceOf({ source, tokens }: PipelineFile, registry: Registry): RunRequest['source'] {
  const options = optionsOf('source', source);
  const takesLength = 'n' in pluginOf(registry, 'source', source.name).spec.options.shape;
  if (!takesLength || tokens === null || 'n' in options) return { name: source.name, options };
  const streams = Number.isInteger(options.streams) ? Number(options.streams) : 1;
  return { name: source.name, options: { ...options, n: Math.ceil(tokens / streams) } };
}
