import { existsSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/folder.js';
import { killWriters, victim } from '../testing/kill-writer.js';

const KILLS = 8; // kill.long.test.ts has the many
const folder = temporaryFolder();
afterAll(() => folder.remove());

it(`kill -9 at ${KILLS} random moments loses nothing acknowledged, and sealing leaves an exact prefix`, async () => {
  expect(existsSync(victim), 'npm run build first').toBe(true);
  const seen = await killWriters(folder.path, KILLS, 2026);
  console.log('killed while', seen);
  expect(seen.writing).toBeGreaterThanOrEqual(KILLS / 3);
  expect(seen.sealing).toBeGreaterThanOrEqual(KILLS / 6);
  expect(seen.whole).toBeGreaterThanOrEqual(seen.sealing);
});
