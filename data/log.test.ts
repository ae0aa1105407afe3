import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLog } from './log.js';
import { temporaryFolder } from './testing/folder.js';

let folder = temporaryFolder();
const path = () => join(folder.path, 'log.jsonl');

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

it('writes JSON lines that are there at once, from its level on', () => {
  const { log, close } = openLog(folder.path, 'info');
  log.info({ step: 3 }, 'hello');
  log.debug('not this');
  log.error({ err: new Error('broken') }, 'oh');
  const lines = readFileSync(path(), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 30, step: 3, msg: 'hello' },
    { level: 50, msg: 'oh', err: { message: 'broken' } },
  ]);
  close();
});

it('writes nothing when silent', () => {
  const { log, close } = openLog(folder.path, 'silent');
  log.fatal('no');
  close();
  expect(existsSync(path())).toBe(false);
});

it('is a Failure where nothing can be written', () => {
  expect(() => openLog('/proc/nowhere', 'info')).toThrow(expect.objectContaining({ code: 'not-writable' }));
});

it('drops lines on a full disk and goes on', async () => {
  symlinkSync('/dev/full', path());
  const { log, close } = openLog(folder.path, 'info');
  for (let i = 0; i < 100; i++) log.info({ i }, 'full');
  close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(existsSync('/dev/full')).toBe(true);
});
