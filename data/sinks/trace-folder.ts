import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../../src/core/failure.js';
import { runFileSchema, type RunFile, type RunStart } from '../schemas/run-file.js';
import { SCHEMA_VERSION } from '../schemas/tables.js';
import { writing } from './io-failure.js';
import { writeWhole } from './out-file.js';

/** The description of a run, inside its folder. */
export const RUN_FILE = 'run.json';

/**
 * Create the folder of a run, and its parents, with a run.json of status `running`.
 * @throws Failure `exists` when there is anything of that name, `not-writable`, `disk-full`; then no folder is left
 */
export async function createTrace(dir: string, start: RunStart): Promise<RunFile> {
  await refuseExisting(dir);
  await writing(dir, () => mkdir(dirname(dir), { recursive: true })).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? parentIsFile(dir, error) : error;
  });
  await writing(dir, () => mkdir(dir)).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? exists(dir) : error;
  });
  const run: RunFile = {
    schema_version: SCHEMA_VERSION,
    ...start,
    config_sha256: sha256Json(start.config),
    status: 'running',
    sealed: false,
    counters: { read: null, processed: null, refused: null, rows: {} },
    outputs: {},
    result_sha256: null,
    cuts: [],
    finished_at: null,
    error: null,
  };
  await writeRunFile(dir, run).catch(async (error: unknown) => {
    await rm(dir, { recursive: true, force: true });
    throw error;
  });
  return run;
}

/**
 * Refuse a folder that exists, before any work is done for it.
 * @throws Failure `exists`
 */
export async function refuseExisting(dir: string): Promise<void> {
  const found = await stat(dir).catch(() => null);
  if (found !== null) throw exists(dir);
}

/** Replace run.json: readers see the old one or the new one, whatever happens in between. */
export async function writeRunFile(dir: string, run: RunFile): Promise<void> {
  const text = `${JSON.stringify(runFileSchema.parse(run), null, 2)}\n`;
  await writeWhole(join(dir, RUN_FILE), (file) => file.write(Buffer.from(text)));
}

/**
 * Read run.json.
 * @throws Failure `bad-trace` when there is none, or it is not one of ours
 */
export async function readRunFile(dir: string): Promise<RunFile> {
  const path = join(dir, RUN_FILE);
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw notTrace(`${dir} is not a trace: ${RUN_FILE} cannot be read`, error);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw notTrace(`${path} is not JSON: ${(error as Error).message}`, error);
  }
  const version = (json as { schema_version?: unknown } | null)?.schema_version;
  if (typeof version === 'number' && version !== SCHEMA_VERSION) {
    throw notTrace(`${path}: schema_version = ${version}, this kronflow reads ${SCHEMA_VERSION}`);
  }
  const parsed = runFileSchema.safeParse(json);
  if (!parsed.success)
    throw notTrace(`${path} is not a run.json of kronflow:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** sha256 of a value as JSON with sorted keys, so that the order in which options were given does not matter. */
export function sha256Json(value: unknown): string {
  const sorted = (_: string, at: unknown): unknown =>
    typeof at === 'object' && at !== null && !Array.isArray(at)
      ? Object.fromEntries(Object.entries(at).sort(([a], [b]) => (a < b ? -1 : 1)))
      : at;
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex');
}

function exists(dir: string): Failure {
  return new Failure(
    'exists',
    `${dir} exists already`,
    'choose another output folder with -o DIR, or remove it',
  );
}

function parentIsFile(dir: string, cause: Error): Failure {
  const what = `${dir} cannot be created: ${dirname(dir)} is a file`;
  return new Failure('not-writable', what, 'choose another output folder with -o DIR', { cause });
}

function notTrace(what: string, cause?: unknown): Failure {
  return new Failure('bad-trace', what, 'name the folder that `kronflow run -o` made', { cause });
}
