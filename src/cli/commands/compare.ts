import { stat } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { fieldOf, standings, type Field } from '../../../pipelines/compare.js';
import { labelCaches } from '../../../pipelines/label-caches.js';
import { loadPlugins } from '../../../pipelines/registry.js';
import { resolveModel } from '../../../pipelines/resolve.js';
import { summarise } from '../../../pipelines/summarise.js';
import { Failure } from '../../core/failure.js';
import { parseBytes } from '../../core/format.js';
import { compareTable } from '../compare-table.js';
import { parseCaches } from '../named-options.js';
import { addRunFlags, requestOf, type RunFlags } from '../run-flags.js';
import { runToTrace } from '../run-to-trace.js';
import { addSourceFlags, isRecordingFile } from '../source-flags.js';

const DEFAULT_BUDGETS = '64KiB';

interface CompareFlags extends RunFlags {
  readonly budget: readonly number[];
}

/** `compare`: one stream through many caches that may hold equally many bytes, sorted by their error. */
export function addCompareCommand(program: Command): void {
  addRunFlags(addSourceFlags(program.command('compare')), 'all that have a budget')
    .description(
      'run many caches on one stream at equal bytes, beside the oracle and random lines; caches that grow without a ' +
        'bound (exact ones, subgen4, quantised, …) stand apart when they are named',
    )
    .argument('[input]', 'text file, recording.parquet or folder with one, or - (default: the guide)')
    .addOption(
      new Option(
        '--budget <sizes>',
        'bytes that a cache may hold for one stream, layer and head; several with commas',
      )
        .argParser(budgets)
        .default(budgets(DEFAULT_BUDGETS), DEFAULT_BUDGETS),
    )
    .action(async (input: string | undefined, flags: CompareFlags) => compare(input, flags));
}

function budgets(text: string): readonly number[] {
  return text.split(',').map((part) => {
    const value = parseBytes(part);
    if (value !== null && value > 0) return value;
    throw new Failure(
      'bad-option',
      `--budget = ${JSON.stringify(text)}: ${JSON.stringify(part)} is no size`,
      'write 64KiB, or several: 16KiB,64KiB',
    );
  });
}

async function compare(input: string | undefined, flags: CompareFlags): Promise<void> {
  if (flags.reference === 'none') throw noReference();
  if (flags.allocate.length > 0) throw noAllocation();
  const recording = input !== undefined && (await isRecording(input));
  const request = requestOf(flags, recording ? { recording: input } : input, false);
  // the shape may come from a recording, so it is known only once the source is resolved
  const model = await resolveModel(request, process.stdin);
  const asked = parseCaches(flags.cache);
  const registry = await loadPlugins(
    asked.map(({ name }) => name),
    process.cwd(),
  );
  const shape = { ...model, bytesPerNumber: 4 };
  const field = fieldOf(labelCaches(asked, registry), flags.budget, shape, { registry });
  const caches = field.contenders.map(({ name, label, options }) => ({ name, label, options }));
  const dir = await runToTrace({ ...request, caches }, flags);
  await show(dir, flags, field);
}

/** A folder holds a trace with a recording; a text ends in neither of these. */
async function isRecording(input: string): Promise<boolean> {
  if (isRecordingFile(input)) return true;
  return stat(input).then(
    (found) => found.isDirectory(),
    () => false, // not there, or standard input: whoever reads it says so
  );
}

function noReference(): Failure {
  return new Failure(
    'bad-option',
    '--reference none: a comparison sorts by the error against exact attention',
    'leave it out, or use kronflow run',
  );
}

function noAllocation(): Failure {
  return new Failure(
    'bad-option',
    '--allocate: a comparison gives every layer and head of a cache the same bytes',
    'use kronflow run --allocate, with the caches that it should compare',
  );
}

async function show(dir: string, { json, budget }: CompareFlags, field: Field): Promise<void> {
  const summary = await summarise(dir);
  const groups = [...new Set(budget), null].map((bytes) => ({
    bytes,
    lines: standings(field.contenders, summary.caches, bytes),
    leftOut: field.leftOut.filter((cache) => cache.budget === bytes).map(({ name }) => name),
  }));
  if (json === true) {
    const lines = groups.map(({ bytes, lines, leftOut }) => ({
      budget_bytes: bytes,
      left_out: leftOut,
      caches: lines.map(({ contender, summary }) => ({ ...contender, ...summary })),
    }));
    return void process.stdout.write(
      `${JSON.stringify({ ...summary, caches: undefined, budgets: lines })}\n`,
    );
  }
  process.stdout.write(
    `${compareTable(summary, groups, process.stdout.columns)}\n\nThe trace is in ${dir}\n`,
  );
}
