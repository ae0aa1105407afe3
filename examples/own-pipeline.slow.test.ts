import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('examples/own-pipeline.ts runs, and its window is exact until it forgets', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/examples/own-pipeline.js']);
  const errors = stdout
    .trim()
    .split('\n')
    .map((line) => Number(line.split(' ').at(-1)));
  expect(errors).toHaveLength(5);
  expect(errors[0]).toBe(0); // 20 entries, 32 kept
  expect(Math.min(...errors.slice(1))).toBeGreaterThan(0.05);
});
