import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineCache } from '../../../src/core/cache.js';
import { matrix } from '../../../src/core/plan.js';
import { entryRows } from '../keeping/entry-rows.js';
import { rowsFlops } from '../keeping/flops.js';
import { lawsOfTasks } from './laws-of-tasks.js';

const module = new URL('./tasks-that-break-laws.mjs', import.meta.url).href;

const cacheWith = (task: string) =>
  defineCache(
    {
      ...{ name: task, summary: 'a kernel of its own', paper: null, options: z.object({}) },
      ...{ exactness: 'heuristic', orders: ['matrix'], queryAware: false, appendOnly: true, selects: false },
      formulaText: '2·n·d·b',
      formula: ({ n, d }) => ({
        ...{ residentBytes: 8 * n * d, metadataBytes: 0, scratchBytes: 0, flops: rowsFlops(n, d) },
      }),
      covering: () => null,
    },
    (_options, parts) => {
      const entries = entryRows(parts);
      const { k1, v1 } = entries;
      const job = { kind: 'task', role: 'both', task: `${module}#${task}`, numbers: [] } as const;
      const plan = () => {
        const size = { rows: k1.count, pairs: k1.count };
        return { jobs: [{ ...job, ...size, inputs: [matrix(k1), matrix(v1)] }] };
      };
      return { ...entries, plan };
    },
  );

const laws = (task: string) => lawsOfTasks({ plugin: cacheWith(task), effort: 'quick' });

it('a task that keeps the rules passes', async () => {
  for (const { check } of laws('right')) await check();
});

it.each([
  ['greedy', /in pieces of 7 rows: pairs/],
  ['counting', /from the last piece to the first: (output|lse)/],
  ['writing', /shared memory after the call|from the last piece/],
])('a task that is %s is found out', async (task, what) => {
  await expect(laws(task)[0].check()).rejects.toThrow(what);
});
