import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { FIVE_CACHES } from '../../pipelines/testing/five-caches.js';
import { kronflowHere, succeedHere } from './testing/in-process.js';
import { succeed } from './testing/kronflow.js';

const folder = temporaryFolder();
const started = { cwd: folder.path };
const SIZE = ['--d', '8', '--heads', '2', '--layers', '2', '--tokens', '40', '--prompt', '3', '--outputs'];

beforeAll(async () => {
  writeFileSync(
    join(folder.path, 'text.txt'),
    'one two three four five six seven eight nine ten, '.repeat(20),
  );
  await succeed(['record', 'text.txt', ...SIZE, ...FIVE_CACHES, '--threads', '1', '-o', 'run'], started);
  await succeed(['run', 'text.txt', ...SIZE, ...FIVE_CACHES, '--threads', '5', '-o', 'threads'], started);
  await succeed(['run', 'text.txt', ...SIZE, ...FIVE_CACHES, '--seed', '2', '-o', 'seed'], started);
  await succeed(['replay', 'run', '--threads', '2', '-o', 'replay'], started);
});
afterAll(() => folder.remove());

describe('our own traces', () => {
  it.each(['run', 'threads', 'replay', 'seed'])('lint finds nothing broken: %s', async (name) => {
    expect(await succeedHere(['lint', name], started)).toMatch(
      RegExp(`^${name}: sound; rows: steps 800, `, 'm'),
    );
  });

  it.each([
    ['1 and 5 threads', 'threads'],
    ['a run and its replay (L10)', 'replay'],
  ])('verify finds no difference: %s', async (_, other) => {
    const { code, stdout, stderr } = await kronflowHere(['verify', 'run', other], started);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'not compared, only one of them has it: recording\n',
    });
    expect(stdout).toBe('same; rows: steps 800, outputs 740\n');
  });

  it('verify names the first difference of two seeds, and exits with 4', async () => {
    const { code, stdout } = await kronflowHere(['verify', 'run', 'seed'], started);
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /^different: steps row \d+ \(stream_id 0, layer 0, head 0, cache \S+, step \d+\), \w+\n {2}run: .+\n {2}seed: .+\n$/,
    );
    const json = await kronflowHere(['verify', 'run', 'seed', '--json'], started);
    expect(JSON.parse(json.stdout)).toMatchObject({
      a: 'run',
      difference: { table: 'steps', key: { layer: 0 } },
    });
    expect((await kronflowHere(['verify', 'run', 'seed', '--tolerance', '1e9'], started)).code).toBe(0);
  });

  it('lint says what is broken, and exits with 4', async () => {
    cpSync(join(folder.path, 'run'), join(folder.path, 'longer'), { recursive: true });
    appendFileSync(join(folder.path, 'longer', 'outputs.parquet'), 'x');
    const { code, stdout } = await kronflowHere(['lint', 'longer'], started);
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /^broken checksum: longer\/outputs\.parquet has \d+ bytes, not \d+.*\nlonger: 1 broken; rows: /,
    );
  });

  it('both refuse what is no sealed trace', async () => {
    for (const args of [
      ['lint', '.'],
      ['verify', 'run', '.'],
      ['verify', 'run', 'seed', '--tolerance', 'x'],
    ]) {
      const { code, stderr } = await kronflowHere(args, started);
      expect({ args, code, stderr }).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^kronflow: .*\n {2}hint: /),
      });
    }
  });
});
