import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { badRecordings, writeBadRecording } from './testing/bad-recordings.js';
import { cases, REFUSED, TEXT, type Case } from './testing/bad-input-cases.js';
import { kronflowHere } from './testing/in-process.js';
import { kronflow, succeed } from './testing/kronflow.js';

let folder = temporaryFolder();
const cwd = () => folder.path;
const files = () => (readdirSync(cwd(), { recursive: true }) as string[]).sort();

beforeEach(() => {
  folder = temporaryFolder();
  const inputs = { 'text.txt': TEXT, 'empty.txt': '', 'ids.txt': '1 2\n3 50257 4' };
  for (const [name, text] of Object.entries(inputs)) writeFileSync(join(cwd(), name), text);
  writeFileSync(join(cwd(), 'latin1.txt'), Buffer.from('abc \xffdef', 'latin1'));
  mkdirSync(join(cwd(), 'folder'));
});
afterEach(() => folder.remove());

/** Refused: a message and a hint on stderr, nothing on stdout, and not a file more than before. */
async function refused({ args, says, hint, code = REFUSED, stdin = '' }: Case): Promise<void> {
  const before = files();
  const said = await (args.includes('-')
    ? kronflow(args, { cwd: cwd(), stdin })
    : kronflowHere(args, { cwd: cwd() }));
  expect(said, said.stderr).toMatchObject({ code, stdout: '' });
  expect(said.stderr).toMatch(/^kronflow: .+\n {2}hint: .+\n$/);
  const [message, advice] = said.stderr.split('\n  hint: ');
  for (const words of says) expect(message).toMatch(words);
  expect(advice).toMatch(hint);
  expect(files()).toEqual(before);
}

describe('bad input is refused before anything is created', () => {
  it.each(Object.entries(cases))('%s', (_, bad) => refused(bad));
});

describe('a bad recording is refused, naming file, row and column', () => {
  it.each(badRecordings.map((bad) => [bad.name, bad] as const))('%s', async (_, bad) => {
    const file = writeBadRecording(cwd(), bad);
    await refused({
      args: ['replay', file, '-o', 'out'],
      says: [/rows\.parquet/, ...bad.says],
      hint: bad.hint ?? /./,
    });
  });

  it('sizes that a recording dictates cannot be asked to differ', async () => {
    await succeed(['record', 'text.txt', '--d', '8', '--heads', '1', '-c', 'window', '-o', 'rec'], {
      cwd: cwd(),
    });
    const flags: readonly (readonly [string, string, RegExp])[] = [
      ['--d', '9', /d = 9, but the source has d = 8/],
      ['--heads', '2', /heads: rec\/recording\.parquet has 1 of them \(0 to 0\), not 2/],
      ['--layers', '2', /layers: rec\/recording\.parquet has 1 of them \(0 to 0\), not 2/],
      ['--order', 'matrix', /order = matrix, but the source has order = tensor/],
      ['--score-std', '2', /scoreStd = 2: this source brings its own q, k and v/],
    ];
    for (const [flag, value, words] of flags) {
      await refused({ args: ['replay', 'rec', '-o', 'out', flag, value], says: [words], hint: RegExp(flag) });
    }
    await refused({
      args: ['replay', 'rec', '--source', 'gaussian'],
      says: [/'--source'/],
      hint: /replay --help/,
    });
  });
});

describe('--debug adds a stack and changes nothing else', () => {
  it.each(['empty text', 'n beyond the budget', 'an unknown flag', 'an unknown command'])(
    '%s',
    async (name) => {
      const { args, code = REFUSED } = cases[name];
      const plain = await kronflow(args, { cwd: cwd() });
      const debug = await kronflow([...args, '--debug'], { cwd: cwd() });
      expect(debug.code).toBe(code);
      expect(debug.stdout).toBe('');
      expect(debug.stderr).toMatch(/\n {4}at .+:\d+:\d+/);
      expect(plain.stderr).not.toMatch(/\n {4}at /);
      const [said] = plain.stderr.slice('kronflow: '.length).split('\n');
      expect(debug.stderr).toContain(said);
    },
  );
});
