import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { ORDERS } from './testing/five-caches.js';
import { KillableRun, type Outcome } from './testing/kill-and-resume.js';

const KILLS = 60; // of each order
const folder = temporaryFolder();
afterAll(() => folder.remove());

it.each(ORDERS)(
  'law L6: kill -9 at many moments, resume, every cache of %s order, the same bytes',
  async (order) => {
    const seed = Number(process.env.KRONFLOW_SEED ?? 2027);
    const run = new KillableRun(folder.path, order, seed);
    await run.whole();
    const outcomes: Outcome[] = [];
    for (let i = 0; i < KILLS; i++) outcomes.push(await run.killAndResume(`${order}-${i}`));
    const count = (outcome: Outcome) => outcomes.filter((each) => each === outcome).length;
    console.log(
      `${order}, seed ${seed}: resumed ${count('resumed')}, only sealed ${count('only sealed')}, nothing ${count('nothing to resume')}`,
    );
    expect(count('resumed')).toBeGreaterThan(KILLS / 3);
    expect(count('only sealed')).toBeGreaterThan(0);
  },
);
