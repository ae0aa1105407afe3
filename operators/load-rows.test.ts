import { firstValueFrom, of } from 'rxjs';
import { expect, it } from 'vitest';
import type { LayerRows } from '../src/core/event.js';
import { loadRows } from './load-rows.js';
import { testRun, token } from './testing/test-run.js';

const row = (first: number) => Float32Array.from({ length: 8 }, (_, i) => first + i);
const tensor: LayerRows = { q: row(0), k1: row(10), k2: row(20), v1: row(30), v2: row(40) };
const matrix: LayerRows = { ...tensor, q: row(50), k2: null, v2: null };

it('copies the rows of its layer into shared memory; k2 and v2 may be absent', async () => {
  const run = testRun({ dtype: 'f32' });
  const step = { ...token(0), layers: [tensor, matrix] };
  for (const [layer, rows] of step.layers.entries()) {
    const event = await firstValueFrom(of(step).pipe(loadRows(run, { layer })));
    expect(event.layer).toBe(layer);
    for (const name of ['q', 'k1', 'k2', 'v1', 'v2'] as const) {
      const slot = event.qkv[name];
      expect(slot && run.arena.view(slot)).toEqual(rows[name]);
    }
  }
});
