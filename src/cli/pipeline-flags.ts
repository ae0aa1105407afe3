import type { Command } from 'commander';
import type { Override } from '../../pipelines/files/overrides.js';
import { parseAllocation, parseCaches, parseNamed } from './named-options.js';
import { collect } from './flag-parsers.js';
import { type RunFlags } from './run-flags.js';

/** Flags of `run` that only pipeline files, or a look ahead, need. */
export interface PipelineFlags {
  readonly set: readonly string[];
  readonly dryRun?: true;
}

/** `--set` and `--dry-run`. */
export function addPipelineFlags(command: Command): Command {
  return command
    .option(
      '--set <path=value>',
      'a value of the pipeline file, such as caches[1].delta=0.3; repeat it',
      collect,
      [],
    )
    .option('--dry-run', 'check everything, print what it would take, and write nothing');
}

/** Keys of a pipeline file by the flag that stands for each; a size may be an option of the source instead. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  ...{ d: ['model', 'd'], heads: ['model', 'heads'], layers: ['model', 'layers'], order: ['model', 'order'] },
  ...{ scale: ['model', 'scale'], scoreStd: ['model', 'scoreStd'], weights: ['model', 'weights'] },
  ...{
    rotary: ['model', 'rotary'],
    model: ['model', 'name'],
    drive: ['drive'],
    tokens: ['tokens'],
    prompt: ['prompt'],
    seed: ['seed'],
    memory: ['memory'],
  },
  ...{ outputs: ['trace', 'outputs'], timings: ['trace', 'timings'], reference: ['reference'] },
  ...{
    recall: ['recall'],
    sparsity: ['sparsity'],
    threads: ['threads'],
    kernel: ['kernel'],
    output: ['output'],
  },
  ...{ cache: ['caches'], source: ['source'], encoding: ['source', 'encoding'], onError: ['onError'] },
  ...{ operator: ['operators'], sink: ['sinks'], allocate: ['allocate'] },
};

const SIZES = ['d', 'heads', 'layers', 'order', 'scale', 'scoreStd'];

/** What the flags that the user gave put in the place of what a pipeline file says. */
export function overridesOf(flags: RunFlags, command: Command): readonly Override[] {
  return Object.entries(KEYS).flatMap(([name, path]): readonly Override[] => {
    if (['default', undefined].includes(command.getOptionValueSource(name))) return [];
    const from = command.options.find((option) => option.attributeName() === name)?.long ?? name;
    const value = valueOf(name, flags[name as keyof RunFlags]);
    return [{ path, value, from, ...(SIZES.includes(name) ? { sourceOption: true } : {}) }];
  });
}

/** A value as a file would have it. */
function valueOf(name: string, value: unknown): unknown {
  if (name === 'timings') return value === 'on';
  if (name === 'cache') return parseCaches(value as readonly string[]).map(beside);
  if (name === 'allocate') return (value as readonly string[]).map(parseAllocation);
  if (name === 'source') return beside(parseNamed('--source', String(value)));
  if (name !== 'operator' && name !== 'sink') return value;
  return (value as readonly string[]).map((text) => beside(parseNamed(`--${name}`, text)));
}

function beside({ options, ...own }: { readonly name: string; readonly options: object }): object {
  return { ...own, ...options };
}
