import { access, open } from 'node:fs/promises';
import { Failure } from '../../src/core/failure.js';
import { didYouMean } from '../../src/core/nearest.js';
import { writeWhole, type OutFile } from '../sinks/out-file.js';
import { inputFailure, isRereadable } from '../sources/input-file.js';
import type { FileStart, Importer, ImportOptions, LossReport } from './importer.js';
import { formatOf, writeTable } from './out-table.js';

const START_BYTES = 1 << 16;

/** What an import did. */
export interface Imported extends LossReport {
  readonly bytes: number;
  readonly importer: string;
  readonly table: Importer['table'];
  readonly output: string;
  readonly rows: number;
  /** What the written table says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Import files of one format into one table at `output`, which appears whole or not at all.
 *
 * @throws Failure `exists` for an output that is there, `bad-input` for files that no importer recognises or that
 * it cannot make sense of, naming file and place; `disk-full`, `not-writable`
 */
export async function importFiles(
  importers: readonly Importer[],
  paths: readonly string[],
  output: string,
  options: ImportOptions,
  named: string | null = null,
): Promise<Imported> {
  const format = formatOf(output);
  await refuseExisting(output);
  const importer = named === null ? await recognise(importers, paths) : byName(importers, named);
  for (const path of paths) await isRereadable(path);
  const opened = await importer.open(paths, options);
  try {
    let rows = 0;
    const work = async (file: OutFile) => {
      rows = await writeTable(file, format, opened.schema, opened.batches());
      if (rows > 0) return;
      throw new Failure('bad-input', `${paths.join(', ')}: there are no rows in it`, 'is it the right file?');
    };
    const { bytes } = await writeWhole(output, work, false);
    return {
      ...{ importer: importer.name, table: importer.table, output, rows, bytes },
      metadata: Object.fromEntries(opened.schema.metadata),
      ...opened.report(),
    };
  } finally {
    await opened.close();
  }
}

/** @throws Failure `exists`: nothing is ever written over */
export async function refuseExisting(output: string): Promise<void> {
  const exists = await access(output).then(
    () => true,
    () => false,
  );
  if (exists) throw new Failure('exists', `${output} exists`, 'choose another name, or remove it');
}

function byName(importers: readonly Importer[], name: string): Importer {
  const found = importers.find((importer) => importer.name === name);
  if (found !== undefined) return found;
  const names = importers.map((importer) => importer.name);
  throw new Failure('unknown-name', `importer "${name}" does not exist`, didYouMean(name, names));
}

async function recognise(importers: readonly Importer[], paths: readonly string[]): Promise<Importer> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const start = await readStart(path);
      const importer = importers.find(({ recognises }) => recognises(start));
      if (importer !== undefined) return importer;
      const known = importers.map(({ name, patterns }) => `${name} (${patterns.join(', ')})`).join('; ');
      throw new Failure(
        'bad-input',
        `${path}: no importer recognises it`,
        `say which with --format: ${known}`,
      );
    }),
  );
  const other = found.findIndex((importer) => importer !== found[0]);
  if (other < 0) return found[0];
  throw new Failure(
    'bad-input',
    `${paths[0]} is ${found[0].name}, but ${paths[other]} is ${found[other].name}`,
    'import files of one format at a time',
  );
}

async function readStart(path: string): Promise<FileStart> {
  await isRereadable(path);
  const handle = await open(path).catch(async (error: unknown) => {
    throw await inputFailure(error, path);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    const bytes = buffer.subarray(0, bytesRead);
    return { path, bytes, text: textOf(bytes) };
  } finally {
    await handle.close();
  }
}

/** Whole lines only, so that no character is cut; a file of one line is taken as it is. */
function textOf(bytes: Buffer): string | null {
  const end = bytes.length < START_BYTES ? bytes.length : bytes.lastIndexOf(10);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(
      bytes.subarray(0, end < 0 ? bytes.length - 4 : end),
    );
  } catch {
    return null;
  }
}
