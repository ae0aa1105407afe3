import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { naiveAttention } from '../workers/testing/naive.js';
import { attend } from './attend.js';
import { fourCache } from './caches/four-cache.js';
import { window } from './caches/window.js';
import { projected, stepByStep, testRun } from './testing/test-run.js';
import { updateCaches } from './update-caches.js';

describe('attend', () => {
  it('asks every cache the query of its head, in one call, and keeps the order of the updates', async () => {
    const caches = [
      { label: 'all', factory: fourCache() },
      { label: 'last', factory: window({ size: 1 }) },
    ];
    const run = testRun({ caches, scale: 0.5 });
    const asked = vi.spyOn(run.pool, 'attend');
    const tokens = [projected(run, 0), projected(run, 1)];
    const events = await stepByStep(tokens, (token) => token.pipe(updateCaches(run), attend(run)));
    expect(asked).toHaveBeenCalledTimes(2);
    const { updates, answers } = events[1];
    expect(updates.map(({ held }) => `${held.label}/${held.head}`)).toEqual([
      'all/0',
      'last/0',
      'all/1',
      'last/1',
    ]);
    expect(events[0].answers!.map(({ pairs }) => pairs)).toEqual([1, 1, 1, 1]);
    expect(answers!.map(({ pairs }) => pairs)).toEqual([4, 1, 4, 1]);

    const part = (name: 'q' | 'k1' | 'k2' | 'v1' | 'v2', head: number) =>
      tokens.map(({ qkv }) => run.arena.view(qkv[name]!).subarray(4 * head, 4 * head + 4));
    for (const head of [0, 1]) {
      const [one, two] = [
        { keys: part('k1', head), values: part('v1', head) },
        { keys: part('k2', head), values: part('v2', head) },
      ];
      const naive = naiveAttention(part('q', head)[1], 0.5, one, two);
      answers![2 * head].output.forEach((x, j) => expect(x).toBeCloseTo(naive.output[j], 12));
      expect(answers![2 * head].lse).toBeCloseTo(naive.lse, 12);
    }
  });

  it('asks nothing for a prefill token', async () => {
    const run = testRun();
    const asked = vi.spyOn(run.pool, 'attend');
    const prefill = projected(run, 0, { prefill: true });
    const event = await firstValueFrom(of(prefill).pipe(updateCaches(run), attend(run)));
    expect(event.answers).toBeNull();
    expect(asked).not.toHaveBeenCalled();
  });

  it('ends the stream when the pool fails', async () => {
    const run = testRun();
    vi.spyOn(run.pool, 'attend').mockRejectedValue(new Error('lost'));
    await expect(firstValueFrom(of(projected(run, 0)).pipe(updateCaches(run), attend(run)))).rejects.toThrow(
      'lost',
    );
  });
});
