import Table from 'cli-table3';
import { Option, type Command } from 'commander';
import { findModel } from '../../../data/weights/named-models.js';
import {
  PRUNE_METHODS,
  pruneWeights,
  type PrunedHeadReport,
  type PruneMethod,
  type PruneReport,
} from '../../../pipelines/prune.js';
import { formatBytes } from '../../core/format.js';
import { DESCENT, type DescentOptions } from '../../lab/pruning/algorithm-1.js';
import { natural, number, positive } from '../flag-parsers.js';

interface Flags {
  readonly calibration: string;
  readonly ratio: number;
  readonly method?: PruneMethod;
  readonly output: string;
  readonly lambda: readonly number[];
  readonly epochs: number;
  readonly step: DescentOptions['step'];
  readonly tokens: number;
  readonly stream?: number;
  readonly json?: true;
}

/** `prune`: projection weights with zeros where attention misses them least. */
export function addPruneCommand(program: Command): void {
  program
    .command('prune')
    .description(
      'prune W_Q and W_K of projection weights so that attention on recorded tokens changes little',
    )
    .argument(
      '<weights>',
      'safetensors as `run --weights` takes them, or a language model by name or file as `run --model` does',
    )
    .requiredOption(
      '--calibration <recording>',
      'recording made with these weights: `kronflow record --weights`, or of a model: `record --model`, or `--model`',
    )
    .requiredOption(
      '--ratio <share>',
      'share of the weights that become 0, from 0 to less than 1',
      number('--ratio', 'at least 0 and less than 1', (x) => x >= 0 && x < 1),
    )
    .requiredOption('-o, --output <file>', 'what to write: pruned weights and masks, safetensors')
    .addOption(
      new Option(
        '--method <name>',
        'gd: gradient descent on a mask, and saliency: both matrix order only (default: gd; sparsegpt in tensor order)',
      ).choices(PRUNE_METHODS),
    )
    .addOption(
      new Option('--lambda <list>', 'weights of the penalty that gd tries; every head keeps the best')
        .argParser(lambdas)
        .default(LAMBDAS, LAMBDAS.join(',')),
    )
    .option('--epochs <n>', 'steps of gd', positive('--epochs', 100_000), DESCENT.epochs)
    .addOption(
      new Option('--step <how>', 'of gd: backtracking, or fixed = 0.1/λ with momentum 0.9')
        .choices(['backtracking', 'fixed'])
        .default(DESCENT.step),
    )
    .option('--tokens <n>', 'recorded tokens to calibrate on', positive('--tokens', 4096), 128)
    .option('--stream <id>', 'stream of the recording (default: the first)', natural('--stream'))
    .option('--json', 'print the report as JSON')
    .action(async (weights: string, flags: Flags) => {
      const { lambda, epochs, step, stream, json, ...rest } = flags;
      const descent = { epochs, step, momentum: DESCENT.momentum };
      const path = await findModel(weights);
      const request = { ...rest, weights: path, lambdas: lambda, descent, streamId: stream ?? null };
      const report = await pruneWeights({ ...request, onHead: tell });
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${pruneTable(report, lambda)}\n`);
    });
}

/** The best λ grows with the deviation of the scores, and no rule is known: try a few. */
const LAMBDAS: readonly number[] = [0.001, 0.01, 0.03, 0.1, 0.3, 1];

function lambdas(text: string): readonly number[] {
  const one = number('--lambda', 'numbers above 0, with commas between them', (x) => x > 0 && x < Infinity);
  return text.split(',').map(one);
}

/** Gradient descent takes seconds to a minute for each head: say that it goes on. */
function tell({ layer, head, lambda, error_after, ms }: PrunedHeadReport): void {
  if (lambda === null) return;
  const seconds = (ms / 1000).toFixed(1);
  process.stderr.write(`layer ${layer}, head ${head}: error ${error_after.toFixed(4)}, ${seconds} s\n`);
}

/** The best may lie beyond what was tried. */
function atTheEnd(heads: PruneReport['heads'], tried: readonly number[]): readonly string[] {
  if (tried.length < 3) return [];
  const ends = [Math.min(...tried), Math.max(...tried)];
  const found = heads.filter(({ lambda }) => lambda !== null && ends.includes(lambda));
  if (found.length === 0) return [];
  return [
    `λ: the best of ${found.length} of ${heads.length} heads is the smallest or the largest that was tried: ` +
      'try others with --lambda',
  ];
}

function pruneTable(
  { heads, output, bytes, method, order, tokens, stream_id, ratio }: PruneReport,
  tried: readonly number[],
): string {
  const table = new Table({
    head: ['layer', 'head', 'pruned', 'of', 'ratio', 'error before', 'error after', 'λ', 'ms'],
    style: { head: [], border: [], compact: true },
    colAligns: Array<'right'>(9).fill('right'),
  });
  for (const { layer, head, pruned, weights, error_before, error_after, lambda, ms, ...one } of heads) {
    const counts = Object.entries(pruned).map(([part, count]) => `${part} ${count}`);
    const errors = [error_before.toExponential(1), error_after.toFixed(4)];
    table.push([
      ...[layer, head, counts.join(', '), weights, one.ratio.toFixed(4), ...errors],
      ...[lambda ?? '–', ms.toFixed(0)],
    ]);
  }
  return [
    `${method} at ratio ${ratio}, ${order} order, calibrated on ${tokens} tokens of stream ${stream_id}`,
    table.toString(),
    'error: |A − f|²/|A|², A the attention of the recorded q and keys; before: by the weights as they were',
    ...atTheEnd(heads, tried),
    `${output}: ${formatBytes(bytes)}`,
  ].join('\n');
}
