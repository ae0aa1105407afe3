import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Option, type Command } from 'commander';
import { sources } from '../../data/sources/index.js';
import { ENCODINGS } from '../../data/sources/tokenizer.js';
import type { SelectionOptions } from '../../data/sources/selection.js';
import { Failure } from '../core/failure.js';
import { parseNamed, type NamedOptions } from './named-options.js';

const GUIDE = fileURLToPath(new URL('../../../docs/guide-to-kv-caches.md', import.meta.url));

/** Where the steps come from: a text file or `-`, a recording, or nothing for the guide that ships with kronflow. */
export type RunInput = string | ({ readonly recording: string } & SelectionOptions) | undefined;

/** Flags that are options of some sources. Undefined where the user said nothing. */
export interface SourceFlags {
  readonly source?: string;
  readonly encoding?: string;
  readonly d?: number;
  readonly heads?: number;
  readonly layers?: number;
  readonly tokens?: number;
  readonly order?: 'tensor' | 'matrix';
  readonly scale?: number;
  readonly scoreStd?: number;
}

/** Options that name a source; a replay has none of them, its recording is the source. */
export function addSourceFlags(command: Command): Command {
  return command
    .option('--source <name[:key=value,…]>', 'a source other than text (see: kronflow list sources)')
    .addOption(new Option('--encoding <name>', 'vocabulary of text').choices(ENCODINGS));
}

/** A source, and which of the flags it took as options of its own. */
export interface ChosenSource extends NamedOptions {
  readonly taken: readonly string[];
}

/**
 * The source that the flags and the input name.
 * @throws Failure `bad-option` when they contradict each other
 */
export function sourceOf(flags: SourceFlags, input: RunInput): ChosenSource {
  if (typeof input === 'object') {
    const { recording: path, ...selection } = input;
    const said = Object.entries(selection).filter(([, value]) => value !== undefined);
    return { name: 'recording', options: { path, ...Object.fromEntries(said) }, taken: [] };
  }
  if (flags.source === undefined) {
    if (input !== undefined && isRecordingFile(input)) throw noText(input);
    const path = input ?? relative(process.cwd(), GUIDE);
    const encoding = flags.encoding === undefined ? {} : { encoding: flags.encoding };
    return { name: 'text', options: { path, ...encoding }, taken: [] };
  }
  const named = parseNamed('--source', flags.source);
  if (input !== undefined) {
    throw new Failure(
      'bad-option',
      `--source ${named.name} and a file, ${input}`,
      'name one of them; a path can be an option: --source ids:path=FILE',
    );
  }
  return withFlags(flags, named);
}

/** Whether a file is named as recordings are; a text of such a name is read by --source text:path=FILE. */
export function isRecordingFile(path: string): boolean {
  return /\.(parquet|arrows?)$/.test(path);
}

function noText(path: string): Failure {
  return new Failure(
    'bad-option',
    `${path} is named as recordings are, and this reads a text`,
    `kronflow replay ${path} decodes a recording; a text of this name: --source text:path=${path}`,
  );
}

/** --tokens counts the steps of all streams, n those of each. */
function stepsPerStream(
  { tokens }: SourceFlags,
  { streams = 1 }: NamedOptions['options'],
): number | undefined {
  const several = Number.isInteger(streams) && Number(streams) > 1 ? Number(streams) : 1;
  return tokens === undefined ? undefined : Math.ceil(tokens / several);
}

/** A flag such as --d is an option of a synthetic source; said twice, it must be said the same. */
function withFlags(flags: SourceFlags, { name, options }: NamedOptions): ChosenSource {
  const found = sources.find(({ spec }) => spec.name === name);
  const known = found?.spec.options.shape ?? {};
  const { d, heads, layers, order, scale, scoreStd, encoding } = flags;
  const n = stepsPerStream(flags, options);
  const given = Object.entries({ d, heads, layers, order, scale, scoreStd, n, encoding });
  const taken = Object.fromEntries(given.filter(([key, value]) => key in known && value !== undefined));
  for (const [key, value] of Object.entries(taken)) {
    if (key === 'n' || options[key] === undefined || options[key] === value) continue; // --tokens may cut any n
    throw new Failure(
      'bad-option',
      `--source ${name}:${key}=${String(options[key])} and a flag that says ${key} = ${value}`,
      'say it once',
    );
  }
  if (found !== undefined && encoding !== undefined && !('encoding' in known)) {
    throw new Failure(
      'bad-option',
      `--encoding ${encoding}: source ${name} has no vocabulary`,
      'leave --encoding out',
    );
  }
  return { name, options: { ...taken, ...options }, taken: Object.keys(taken) };
}
