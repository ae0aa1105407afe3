import { eachStream } from './each-stream.js';
import { withTrial, type Trial } from './harness.js';
import { must, runsOf, type CacheUnderTest, type Law } from './law.js';
import type { Stream } from './streams.js';

/** Bytes for one stream, layer and head: from what hardly holds an atom to what holds 60 tokens of 33 numbers. */
const BUDGETS = [64, 512, 4096, 65_536];

/** Laws of caches that can be given a budget in bytes. */
export function lawsOfBudgets(under: CacheUnderTest): readonly Law[] {
  const { within, readsPart } = under.plugin.spec;
  if (within === undefined || readsPart) return []; // for one that reads a part, the budget is what a query may read
  return [
    {
      name: 'a budget in bytes is kept at every step',
      hint: 'with the options that within(bytes, shape) gives, resident and metadata bytes together must never be more; return null where the budget is too small, and leave within out if there is no such option',
      check: () => withinBudget(under),
    },
  ];
}

async function withinBudget(under: CacheUnderTest): Promise<void> {
  const { plugin } = under;
  const check = async (stream: Stream) => {
    const { d, order, dtype } = stream;
    for (const budget of BUDGETS) {
      const options = plugin.spec.within!(budget, { d, order, bytesPerNumber: dtype === 'f32' ? 4 : 8 });
      if (options !== null) await withTrial(plugin(options), stream, (trial) => keeps(trial, stream, budget));
    }
  };
  await eachStream(plugin.spec, check, { dtypes: ['f32', 'f64'], runs: runsOf(under, 8) });
}

async function keeps(trial: Trial, { tokens }: Stream, budget: number): Promise<void> {
  for (const [i, token] of tokens.entries()) {
    await trial.take(token);
    const { resident, metadata } = trial.bytes();
    const held = resident + metadata;
    must(held <= budget, () => `step ${i}: ${held} bytes with a budget of ${budget}`);
  }
}
