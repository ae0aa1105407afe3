import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryDuckDB } from '../../data/testing/duckdb.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { kronflowHere, succeedHere } from './testing/in-process.js';
import { succeed } from './testing/kronflow.js';

const folder = temporaryFolder();
const start = { cwd: folder.path };
const SMALL = ['--d', '8', '--heads', '1', '--tokens', '40'];

interface Compared {
  readonly budgets: readonly {
    readonly budget_bytes: number | null;
    readonly left_out: readonly string[];
    readonly caches: readonly {
      readonly label: string;
      readonly name: string;
      readonly peak_held_bytes: number;
      readonly err_rel_l2_mean: number;
    }[];
  }[];
}

beforeAll(() => {
  writeFileSync(
    join(folder.path, 'text.txt'),
    'Words that come once, words that come again, and more. '.repeat(9),
  );
});
afterAll(() => folder.remove());

describe('compare', () => {
  it('runs every cache at every budget, sorted by error, the lines among them', async () => {
    const args = ['compare', 'text.txt', ...SMALL, '--budget', '1KiB,2KiB', '-o', 'all', '--json'];
    const { budgets } = JSON.parse(await succeedHere(args, start)) as Compared;
    expect(budgets.map(({ budget_bytes }) => budget_bytes)).toEqual([1024, 2048, null]);
    for (const { budget_bytes, caches, left_out } of budgets.slice(0, 2)) {
      const names = caches.map(({ name }) => name);
      for (const name of ['window', 'sinks', 'tova', 'subgen-atoms', 'oracle-top-k', 'random']) {
        expect([...names, ...left_out]).toContain(name);
      }
      const errors = caches.map(({ err_rel_l2_mean }) => err_rel_l2_mean);
      expect(errors).toEqual([...errors].sort((a, b) => a - b));
      for (const { name, peak_held_bytes } of caches) {
        if (name !== 'oracle-top-k') expect(peak_held_bytes, name).toBeLessThanOrEqual(budget_bytes!);
      }
    }
    const [{ labels }] = await queryDuckDB(
      `SELECT count(DISTINCT cache)::int AS labels FROM '${join(folder.path, 'all/steps.parquet')}'`,
    );
    expect(labels).toBe(budgets.reduce((sum, { caches }) => sum + caches.length, 0));
  });

  it('prints a table a budget, and what it left out', async () => {
    const args = ['compare', 'text.txt', ...SMALL, '--budget', '300B', '-o', 'small'];
    const text = await succeed(args, start);
    expect(text).toMatch(/at most 300 B a stream, layer and head/);
    expect(text).toMatch(/oracle-top-k \(line\)/);
    expect(text).toMatch(/left out, they cannot be so small: .*polynomial/);
  });

  it('takes what run takes: a prompt, recall, standard input', async () => {
    const args = [
      'compare',
      '-',
      ...SMALL,
      '-c',
      'window',
      '--budget',
      '1KiB',
      '--prompt',
      '5',
      '--recall',
      '9',
    ];
    const text = await succeed([...args, '-o', 'piped'], { ...start, stdin: 'word after word '.repeat(30) });
    expect(text).toMatch(/40 tokens, .*\n.*\n.*at most 1\.00 KiB/);
  });

  it('takes a recording by its folder, and refuses to compare with nothing', async () => {
    await succeedHere(['record', 'text.txt', ...SMALL, '-c', 'window', '-o', 'recorded'], start);
    const args = ['compare', 'recorded', '-c', 'window', '--budget', '1KiB', '-o', 'again'];
    expect(await succeedHere(args, start)).toMatch(/window/);
    const refused = await kronflowHere(['compare', 'text.txt', '--reference', 'none'], start);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--reference none: a comparison/),
    });
  });
});
