import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/folder.js';
import { runStart } from '../testing/rows.js';
import { createTrace, readRunFile, refuseExisting, sha256Json, writeRunFile } from './trace-folder.js';

let folder = temporaryFolder();
const dir = () => join(folder.path, 'deep', 'run');

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

it('creates the folder and its parents, with a run.json that reads back', async () => {
  const run = await createTrace(dir(), runStart);
  expect(run).toMatchObject({
    status: 'running',
    sealed: false,
    schema_version: 1,
    d: 4,
    result_sha256: null,
  });
  expect(await readRunFile(dir())).toEqual(run);
  expect(readdirSync(dir())).toEqual(['run.json']);
});

it('refuses what exists, be it a folder, empty or not, or a file', async () => {
  mkdirSync(dir(), { recursive: true });
  const exists = { name: 'Failure', code: 'exists' };
  await expect(createTrace(dir(), runStart)).rejects.toMatchObject(exists);
  await expect(refuseExisting(dir())).rejects.toMatchObject(exists);
  writeFileSync(join(folder.path, 'file'), '');
  await expect(createTrace(join(folder.path, 'file'), runStart)).rejects.toMatchObject(exists);
  await refuseExisting(join(folder.path, 'new'));
});

it('refuses a place where nothing can be written', async () => {
  writeFileSync(join(folder.path, 'file'), ''); // root may write everywhere, but not below a file
  for (const place of [join(folder.path, 'file', 'run'), '/proc/kronflow-run']) {
    await expect(createTrace(place, runStart)).rejects.toMatchObject({
      name: 'Failure',
      code: 'not-writable',
    });
  }
});

it('replaces run.json whole and leaves no temporary file', async () => {
  const run = await createTrace(dir(), runStart);
  await writeRunFile(dir(), { ...run, status: 'failed', error: 'Ü' });
  expect(await readRunFile(dir())).toEqual({ ...run, status: 'failed', error: 'Ü' });
  expect(existsSync(join(dir(), 'run.json.tmp'))).toBe(false);
});

it.each([
  ['no file', null, /is not a trace/],
  ['no JSON', '{"run_id":', /is not JSON/],
  ['another program', '{"name":"x"}', /is not a run.json of kronflow/],
  ['null', 'null', /is not a run.json of kronflow/],
  ['a later version', '{"schema_version":2}', /schema_version = 2, this kronflow reads 1/],
])('bad-trace: %s', async (_, text, message) => {
  if (text !== null) writeFileSync(join(folder.path, 'run.json'), text);
  const failure = await readRunFile(folder.path).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'Failure', code: 'bad-trace' });
  expect((failure as Error).message).toMatch(message);
});

it('hashes the configuration whatever the order of its keys', async () => {
  expect(sha256Json({ a: 1, b: { c: [1, 2], d: 2 } })).toBe(sha256Json({ b: { d: 2, c: [1, 2] }, a: 1 }));
  expect(sha256Json({ a: 1, b: 2 })).not.toBe(sha256Json({ a: 2, b: 1 }));
  await createTrace(dir(), runStart);
  expect(readFileSync(join(dir(), 'run.json'), 'utf8')).toContain(sha256Json(runStart.config));
});
