// A pipeline of your own: plain RxJS, operators of kronflow, and what you like in between.
//   npm run build && node dist/examples/own-pipeline.js
import { lastValueFrom, of, take, tap } from 'rxjs';
import {
  accountMemory,
  attend,
  compare,
  embed,
  journal,
  layerNorm,
  loadRows,
  mergePull,
  project,
  record,
  updateCaches,
} from 'kronflow/operators';
import { openRun } from 'kronflow/pipelines';
import { strided } from './custom-cache.js';
import { drifting } from './custom-source.js';

// Memory, ledger, threads, caches, clock and seeded random numbers; sizes come from the source.
const run = await openRun({
  source: drifting({ n: 100, d: 16, heads: 1 }),
  caches: [{ name: 'window', size: 32 }, strided({ recent: 16, stride: 4 })],
});

const flow = mergePull(run.entries(), (step) =>
  of(step).pipe(
    loadRows(run, { layer: 0 }),
    updateCaches(run),
    attend(run),
    compare(run, { reference: 'f64', always: false }),
    tap(({ step, updates, errors }) => {
      if (step % 20 !== 19) return;
      const each = updates.map(({ held }, i) => `${held.label} ${errors![i].relL2.toFixed(3)}`);
      console.log(`n = ${step + 1}: error of ${each.join(', of ')}`);
    }),
    accountMemory(run),
    record(run, { outputs: false, timings: true }), // rows of the trace; frees q, k and v
    journal(run), // waits until the sink has taken them: the next step is pulled only then
  ),
);
await lastValueFrom(flow);
await run.close();

// The same with tokens: embed and project make the rows, with weights that the run has drawn.
const text = await openRun({
  source: { name: 'text', path: 'README.md' },
  d: 16,
  heads: 2,
  caches: ['four-cache'],
});
const tokens = mergePull(text.tokens(), (token) =>
  of(token).pipe(
    embed(text, { rotary: false }),
    layerNorm(),
    project(text, { layer: 0, weights: text.weights[0] }),
    updateCaches(text),
    attend(text),
  ),
);
const { updates } = await lastValueFrom(tokens.pipe(take(10))); // that is all that is read
console.log(`${updates[0].held.label} holds ${updates[0].held.bytes().resident} bytes of head 0`);
await text.close();
