import { expect, it } from 'vitest';
import { estimateRun } from './estimate.js';
import { resolveRun } from './resolve.js';
import { request, smallRun } from './testing/small-run.js';

async function* nothing(): AsyncGenerator<Uint8Array> {}

it('foretells the operations of the last step, as kernels then count them', async () => {
  const source = { name: 'gaussian', options: { n: 9, d: 4, heads: 2, layers: 3 } };
  const asked = request(source, {}, [['four-cache'], ['two-cache'], ['window', { size: 4 }]]);
  const { caches } = await estimateRun(await resolveRun(asked, nothing()));
  const { steps } = await smallRun(asked);
  for (const { cache, flops_per_step } of caches) {
    const last = steps.filter((row) => row.cache === cache && row.step === 8);
    expect(last).toHaveLength(2 * 3);
    expect(flops_per_step, cache).toBe(last.reduce((sum, { flops }) => sum + flops!, 0));
  }
});
