import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { executeRun } from '../../../pipelines/execute.js';
import { resolveRun, type ResolvedRun, type RunRequest } from '../../../pipelines/resolve.js';
import { summarise } from '../../../pipelines/summarise.js';
import type { KernelName } from '../../../workers/kernels/kernel.js';
import { Failure } from '../../core/failure.js';
import { formatBytes } from '../../core/format.js';
import { bytes, collect, natural, number, positive } from '../flag-parsers.js';
import { parseCaches } from '../named-options.js';
import { unfinishedText } from '../prediction-text.js';
import { readPrompt } from '../read-prompt.js';
import { kernelFlag, timingsFlag } from '../shared-flags.js';
import { interruptible } from '../run-to-trace.js';
import { textStream } from '../text-stream.js';

const DEFAULT_MODEL = 'tensor-small';
const DEFAULT_CACHE = 'four-cache';

interface GenerateFlags {
  readonly model: string;
  readonly prompt?: string;
  readonly promptFile?: string;
  readonly tokens?: number;
  readonly cache: readonly string[];
  readonly drive?: string;
  readonly temperature: number;
  readonly topK?: number;
  readonly seed: number;
  readonly reference?: 'f64' | 'none';
  readonly output?: string;
  readonly memory?: number;
  readonly threads: number;
  readonly kernel: KernelName | 'auto';
  readonly timings: 'on' | 'off';
}

/** `generate`: a language model goes on with a text, and what a cache answers is what it reads. */
export function addGenerateCommand(program: Command): void {
  program
    .command('generate')
    .description(
      'let a language model go on with a text: what a cache answers drives the next byte, whatever that cache left out. ' +
        'The text goes to stdout as it comes, all else to stderr',
    )
    .option('--prompt <text>', 'text to go on with')
    .option(
      '--prompt-file <file>',
      'the same from a file as it is, its last newline too; - for standard input',
    )
    .option('--model <name|file>', 'a model of `kronflow list models`, or a safetensors file', DEFAULT_MODEL)
    .option('--tokens <n>', 'bytes that follow (default: to the end of the context)', positive('--tokens'))
    .addOption(
      new Option(
        '-c, --cache <name[:key=value,…]>',
        'a cache to run; the first drives, unless --drive says otherwise',
      )
        .argParser(collect)
        .default([], DEFAULT_CACHE),
    )
    .option('--drive <label>', 'whose output goes into the next layer: the label of a cache, or exact')
    .option(
      '--temperature <T>',
      '0: take the likeliest byte; else draw one from softmax(logits / T)',
      number('--temperature', 'a number from 0 to 100', (x) => x >= 0 && x <= 100),
      0,
    )
    .option('--top-k <k>', 'draw among the k likeliest bytes (default: among all)', positive('--top-k'))
    .option('--seed <n>', 'seed of the draws, and of caches that draw', natural('--seed'), 1)
    .addOption(
      new Option(
        '--reference <kind>',
        'also compare with exact attention (default: none; f64 with --drive exact)',
      ).choices(['f64', 'none']),
    )
    .option('-o, --output <dir>', 'keep the trace of the run in this folder')
    .option('--memory <size>', 'budget of all caches, e.g. 2GiB', bytes('--memory'))
    .option(
      '--threads <n>',
      'threads that compute attention, the main one included',
      positive('--threads', 1024),
      1,
    )
    .addOption(kernelFlag())
    .addOption(timingsFlag())
    .action(generate);
}

/** @throws Failure `bad-option` */
function requestOf(flags: GenerateFlags, text: string): RunRequest {
  const { temperature, topK, tokens, drive } = flags;
  if (topK !== undefined && temperature === 0) {
    const what = `--top-k ${topK} with --temperature 0: the likeliest byte is taken, and nothing is drawn`;
    throw new Failure('bad-option', what, 'pass --temperature 0.8, or leave out --top-k');
  }
  return {
    ...{ kronflow: 1, seed: flags.seed, prompt: 0, tokens: null, memory: flags.memory ?? null },
    source: { name: 'literal', options: { text } },
    model: { name: flags.model },
    caches: parseCaches(flags.cache.length > 0 ? flags.cache : [DEFAULT_CACHE]),
    reference: flags.reference ?? (drive === 'exact' ? 'f64' : 'none'),
    ...(drive === undefined ? {} : { drive }),
    generate: { tokens: tokens ?? null, temperature, topK: topK ?? null },
    trace: { outputs: false, timings: flags.timings === 'on', recording: false },
  };
}

async function generate(flags: GenerateFlags): Promise<void> {
  const prompt = await readPrompt(flags, process.stdin);
  const resolved = await resolveRun(requestOf(flags, prompt), process.stdin);
  refuseOtherThanBytes(resolved);
  const how = { ...flags, prompt };
  if (flags.output !== undefined) return write(resolved, how, flags.output);
  const folder = await mkdtemp(join(tmpdir(), 'kronflow-generate-'));
  try {
    await write(resolved, how, join(folder, 'trace'));
  } catch (error) {
    throw error instanceof Failure && error.cause instanceof Failure ? error.cause : error; // its trace is gone
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function refuseOtherThanBytes({ language }: ResolvedRun): void {
  const { vocabulary } = language!.shape;
  if (vocabulary === 256) return;
  const what = `model ${language!.model.name}: its vocabulary has ${vocabulary} tokens, and generate writes bytes`;
  throw new Failure('bad-option', what, 'name a model of bytes: kronflow list models');
}

async function write(
  resolved: ResolvedRun,
  { threads, kernel, prompt, output }: GenerateFlags & { readonly prompt: string },
  dir: string,
): Promise<void> {
  if (process.stdout.isTTY && process.stderr.isTTY) process.stderr.write(prompt); // the text as a whole, for who watches
  const out = textStream((text) => process.stdout.write(text));
  let made = 0;
  const { run } = await interruptible((interrupt) =>
    executeRun(resolved, {
      ...{ dir, threads, kernel, logLevel: 'info', ...interrupt },
      onStep: () => undefined,
      onGenerated(byte) {
        made++;
        out.push(byte);
      },
    }),
  );
  process.stderr.write(
    `\n${await ending(resolved, dir, made)}${run.status === 'complete' ? '' : `, ${run.status}`}\n`,
  );
  if (output !== undefined) process.stderr.write(`The trace is in ${dir}: kronflow inspect ${dir}\n`);
}

/** What was made, in a line. */
async function ending({ config, inputs }: ResolvedRun, dir: string, made: number): Promise<string> {
  const { caches } = await summarise(dir);
  const by = config.drive === 'exact' ? 'exact attention' : `cache ${config.drive}`;
  const driving = caches.find(({ cache }) => cache === config.drive);
  const held = driving === undefined ? '' : `, which held ${formatBytes(driving.peak_held_bytes)}`;
  return `${made} bytes of ${config.model.name}${unfinishedText(inputs)}, driven by ${by}${held}`;
}
