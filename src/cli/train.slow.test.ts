import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { readUnfinished } from '../../data/weights/language-model.js';
import { kronflowHere } from './testing/in-process.js';
import { startKronflow } from './testing/kronflow.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const SMALL = '--layers 1 --heads 2 --d 4 --width 16 --hidden 16 --threads 1 --phases 999999x4x8 --every 2';

beforeAll(() => writeFileSync(at('text.txt'), 'to be, or not to be: '.repeat(50)));
afterAll(() => folder.remove());

/** A training that would take hours, stopped by a signal at its second look. */
async function stopped(signal: NodeJS.Signals, ...args: readonly string[]) {
  const all = ['train', 'text.txt', ...args, ...SMALL.split(' ')];
  const { child, finished } = startKronflow(all, { cwd: folder.path });
  let said = '';
  child.stderr!.on('data', (text: string) => {
    said += text;
    if (said.includes('step 4, ') && !child.killed) child.kill(signal);
  });
  return finished;
}

describe('kronflow train', () => {
  it('at Ctrl-C writes the model as it is, and the log of it', async () => {
    const { code, stdout, stderr } = await stopped('SIGINT', '-o', 'm', '--log', 'log.json', '--json');
    expect([code, stderr]).toEqual([130, expect.stringContaining('writing the model as it is')]);
    const log = readFileSync(at('log.json'), 'utf8');
    expect(stdout).toBe(log);
    const { looks } = JSON.parse(log) as { looks: readonly { readonly step: number }[] };
    expect(await readUnfinished(at('m'))).toEqual({ steps: looks.at(-1)!.step, planned: 999_999 });
    expect(existsSync(at('m.partial'))).toBe(false);
  });

  it('leaves the model of the last look when it is killed', async () => {
    expect(await stopped('SIGKILL', '-o', 'killed')).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(existsSync(at('killed'))).toBe(false);
    expect((await readUnfinished(at('killed.partial')))!.steps).toBeGreaterThanOrEqual(4);
  });

  it.each([
    [['--phases', '3x2'], '"3x2" is not STEPSxSEQUENCESxLENGTH'],
    [['--dropout', '1'], '--dropout = "1": must be 0 or more, and below 1'],
    [['--log', 'text.txt'], 'text.txt exists'],
    [['--kernel', 'fast'], 'fast'],
  ])('refuses %j', async (flags, what) => {
    const { code, stderr } = await kronflowHere(['train', 'text.txt', '-o', 'no', ...flags], {
      cwd: folder.path,
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining(what)]);
    expect(existsSync(at('no'))).toBe(false);
  });
});
