import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queryDuckDB } from '../../data/testing/duckdb.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { kronflow, succeed } from './testing/kronflow.js';

const folder = temporaryFolder();
const start = { cwd: folder.path };
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
afterAll(() => folder.remove());

/** A package of plug-ins that brings its own kronflow: every class and function it imports is another than the command's. */
const PLUGINS = `
import { z } from 'zod';
import { defineCache, Failure } from 'kronflow';
import { caches } from 'kronflow/operators';

const window = caches.find(({ spec }) => spec.name === 'window');
const options = z.object({ size: z.int().positive(), code: z.string().default('none') });

export const theirs = defineCache({ ...window.spec, name: 'theirs', options }, ({ size, code }, parts) => {
  const inner = window({ size }).create(parts);
  let n = 0;
  return {
    ...inner,
    append(entry) {
      if (n++ === 2 && code !== 'none') throw new Failure(code, 'their own words', 'their own hint');
      inner.append(entry);
    },
  };
});
`;

beforeAll(() => {
  const home = join(folder.path, 'theirs/node_modules/kronflow');
  const isCode = (path: string) => !/\.(d\.ts|map)$/.test(path);
  mkdirSync(home, { recursive: true });
  for (const part of ['package.json', 'dist'])
    cpSync(join(REPOSITORY, part), join(home, part), { recursive: true, filter: isCode });
  cpSync(join(REPOSITORY, 'node_modules/zod'), join(home, '../zod'), {
    ...{ recursive: true, dereference: true },
    filter: (path) => isCode(path) && !path.endsWith('.cts'),
  });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(home, 'node_modules')); // all else that it imports
  writeFileSync(join(folder.path, 'theirs/mine.mjs'), PLUGINS);
});

const run = (out: string, ...more: string[]) => [
  ...['run', '--source', 'gaussian:n=8,d=4,heads=1', '--threads', '1', '--timings', 'off', '-o', out],
  ...more,
];

it('runs a cache that another copy of kronflow made, as its own', async () => {
  await succeed(
    run('out', '-c', 'window:size=3', '-c', './theirs/mine.mjs#theirs:size=3,label=theirs'),
    start,
  );
  const rows = await queryDuckDB(
    `select * exclude (cache), count(*)::int as caches from '${folder.path}/out/steps.parquet' group by all`,
  );
  expect(rows.map(({ caches }) => caches)).toEqual(Array(8).fill(2)); // the same numbers at every step
});

it.each([
  [
    'bad-option',
    2,
    /^kronflow: cache b \(\.\/theirs\/mine\.mjs#theirs\), stream 0, layer 0, head 0, step 2: append: their own words \(mine\.mjs:\d+:\d+\)/,
  ],
  ['out-of-memory', 3, /^kronflow: their own words\n {2}hint: their own hint/], // nobody is to blame for a full machine
])('blames its plug-in for a failure %s as for one of ours, and exits with %i', async (code, exit, says) => {
  const cache = `./theirs/mine.mjs#theirs:size=3,label=b,code=${code}`;
  const failed = await kronflow(run(code, '-c', cache), start);
  expect(failed.stderr).toMatch(says);
  expect(failed.stderr).toContain('hint: their own hint');
  expect(failed.code).toBe(exit);
});
