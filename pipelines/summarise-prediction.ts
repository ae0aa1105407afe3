import type { RunFile } from '../data/schemas/run-file.js';
import { readTable } from '../data/sinks/read-table.js';

/** How well a language model foretold the tokens of its run. */
export interface PredictionSummary {
  /** Tokens that were predicted: all but the first of each stream. */
  readonly tokens: number;
  /** Mean of −log2 p; a token of a model of bytes is a byte. */
  readonly bits_per_token: number;
  /** 2 to that power: as uncertain as among so many equally likely tokens. */
  readonly perplexity: number;
  /** Whose output drove the layers: a cache; null: the exact output. */
  readonly driver: string | null;
}

/**
 * What the measure `nll` of a trace comes to; null where nothing was predicted.
 * @throws Failure `bad-trace`
 */
export async function summarisePrediction(dir: string, run: RunFile): Promise<PredictionSummary | null> {
  if (!run.inputs.some(({ kind }) => kind === 'model') || !run.counters.rows.measures) return null;
  let [tokens, nats] = [0, 0];
  let driver: string | null = null;
  for await (const { columns, rows } of readTable(dir, run, 'measures', ['name', 'cache', 'value'])) {
    for (let i = 0; i < rows; i++) {
      if (columns.name.values[i] !== 'nll') continue;
      tokens++;
      nats += columns.value.values[i] as number;
      driver = columns.cache.valid?.[i] === 0 ? null : (columns.cache.values[i] as string);
    }
  }
  if (tokens === 0) return null;
  return { tokens, bits_per_token: nats / tokens / Math.LN2, perplexity: Math.exp(nats / tokens), driver };
}
