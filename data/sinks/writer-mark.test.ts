import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/folder.js';
import { markWriter } from './writer-mark.js';

let folder = temporaryFolder();
const path = () => join(folder.path, 'writer.pid');
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

it('is one file while it is held, and none afterwards', async () => {
  const mark = await markWriter(path());
  expect(readdirSync(folder.path)).toEqual(['writer.pid']);
  expect(readFileSync(path(), 'utf8')).toMatch(new RegExp(`^${process.pid}( \\d+)?\\n$`));
  await mark.remove();
  expect(readdirSync(folder.path)).toEqual([]);
});

it('is refused while its writer lives: another process, or this one', async () => {
  writeFileSync(path(), `${process.ppid}\n`);
  await expect(markWriter(path())).rejects.toMatchObject({ name: 'Failure', code: 'bad-trace' });
  expect(readdirSync(folder.path)).toEqual(['writer.pid']);
  writeFileSync(path(), '');
  await markWriter(path());
  await expect(markWriter(path())).rejects.toThrow(`still being written by process ${process.pid}`);
});

it('is taken over from a writer that is dead', async () => {
  const child = spawn('true');
  await once(child, 'close');
  writeFileSync(path(), `${child.pid}\n`);
  await markWriter(path());
  expect(readFileSync(path(), 'utf8')).toContain(`${process.pid}`);
});

/** Tries to take the mark, says whether it did, and keeps it until it is killed. */
const TAKER = `
import { markWriter } from ${JSON.stringify(new URL('../../dist/data/sinks/writer-mark.js', import.meta.url).href)};
await markWriter(process.argv[1]).then(() => console.log('taken'), (error) => console.log(error.code ?? error.stack));
setInterval(() => {}, 1000);
`;

it.skipIf(!existsSync(new URL('../../dist/data/sinks/writer-mark.js', import.meta.url)))(
  'of several processes that find a dead one at once, one gets it',
  async () => {
    writeFileSync(path(), `${2 ** 30}\n`); // above any pid
    const takers = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', TAKER, path()]),
    );
    const said = await Promise.all(
      takers.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()),
    );
    for (const taker of takers) taker.kill('SIGKILL');
    expect(said.sort()).toEqual([...Array<string>(5).fill('bad-trace'), 'taken']);
  },
);
