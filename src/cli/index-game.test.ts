import { afterEach, describe, expect, it, vi } from 'vitest';
import type { IndexGameResult } from '../../pipelines/index-game.js';
import { Failure } from '../core/failure.js';
import { createProgram } from './program.js';

afterEach(() => vi.restoreAllMocks());

/** What `kronflow index-game …` prints. */
async function said(...args: readonly string[]): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    await createProgram().parseAsync(['node', 'kronflow', 'index-game', ...args]);
  } finally {
    vi.restoreAllMocks();
  }
  return text;
}

describe('kronflow index-game', () => {
  it('prints one line a cache, and the failing control', async () => {
    const text = await said('--n', '20', '--cache', 'four-cache', '--cache', 'window:size=10');
    expect(text).toMatch(/N = 20 free rows of d = 11 bits, \|q\| = 2·ln N = 5\.99, 20 rows decoded/);
    expect(text).toMatch(/│ four-cache +│ +11 │ +100 % │ +0\.0000 .* every bit/);
    expect(text).toMatch(/│ window +│ +11 │ +7\d\.\d % .* % of what fits/);
    expect(text).toMatch(/│ control: four-cache │ +2 │/);
  });

  it('prints JSON, and takes dimension, streams, seed, bits and a sample of rows', async () => {
    const flags = [
      '--n',
      '5',
      '--d',
      '16',
      '--streams',
      'two',
      '--seed',
      '3',
      '--bits',
      '2',
      '--indices',
      '6',
    ];
    const result = JSON.parse(
      await said('--json', ...flags, '-c', 'two-cache:label=mine'),
    ) as IndexGameResult;
    expect(result).toMatchObject({ streams: 'two', n: 5, rows: 25, d: 16, seed: 3 });
    expect(result.scores).toHaveLength(1);
    expect(result.scores[0]).toMatchObject({ cache: 'mine', rows_decoded: 6, recovery: 1 });
  });

  it.each<[string, readonly string[], string, RegExp]>([
    ['n = 1', ['--n', '1'], 'bad-option', /n = 1: must be at least 2/],
    ['n = 0', ['--n', '0'], 'bad-option', /--n = "0": must be a whole number/],
    ['both dimensions', ['--d', '8', '--d-per-ln', '2'], 'bad-option', /--d 8 and --d-per-ln 2 both/],
    ['d-per-ln = -1', ['--d-per-ln=-1'], 'bad-option', /--d-per-ln = "-1": must be a number above 0/],
    ['d = 1', ['--d', '1'], 'bad-option', /--d = "1": must be a whole number from 2 to 256/],
    ['d = 300', ['--d', '300'], 'bad-option', /--d = "300": must be a whole number from 2 to 256/],
    ['bits = 64', ['--bits', '64'], 'bad-option', /--bits = "64"/],
    ['more indices than rows', ['--indices', '65'], 'bad-option', /indices = 65: must be 1 to N = 64/],
    ['a cache that does not exist', ['-c', 'widow'], 'unknown-name', /cache "widow" does not exist/],
    ['an option that does not exist', ['-c', 'window:siz=3'], 'bad-option', /unknown option "siz"/],
    [
      'a cache that cannot fit',
      ['--n', '20000', '-c', 'two-cache'],
      'out-of-memory',
      /cache two-cache may need/,
    ],
  ])('refuses %s', async (_, args, code, words) => {
    const failure = await said(...args).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).code).toBe(code);
    expect((failure as Failure).what).toMatch(words);
    expect((failure as Failure).hint).toBeDefined();
  });
});
