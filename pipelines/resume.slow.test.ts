import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { ORDERS } from './testing/five-caches.js';
import { KillableRun, type Outcome } from './testing/kill-and-resume.js';

const KILLS = 4; // of each order; resume.long.test.ts has the many
const folder = temporaryFolder();
afterAll(() => folder.remove());

it.each(ORDERS)(
  'law L6: killed and resumed with every cache of %s order, the files are the same bytes',
  async (order) => {
    const run = new KillableRun(folder.path, order, 2026);
    await run.whole();
    const outcomes: Outcome[] = [];
    for (let i = 0; i < KILLS; i++) outcomes.push(await run.killAndResume(`${order}-${i}`));
    expect(outcomes).toContain('resumed');
  },
  3_600_000, // many runs with every cache, on a machine that may be busy
);
