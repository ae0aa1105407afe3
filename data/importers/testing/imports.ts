import { basename, join } from 'node:path';
import { mkdir, writeFile } from 'node:fs/promises';
import type { RecordedStep } from '../../../src/core/event.js';
import { collect, tempFolder } from '../../sources/testing/bytes.js';
import { openSource } from '../../sources/testing/recordings.js';
import { importFiles, type Imported } from '../import-files.js';
import { NOTHING_SAID, type ImportOptions } from '../importer.js';
import { importers } from '../index.js';

/** Write files, import them, and read the steps of the recording back. */
export async function importSteps(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<ImportOptions> = {},
  output = 'out.arrow',
): Promise<{ readonly steps: readonly RecordedStep[]; readonly done: Imported }> {
  const done = await importTable(files, options, output);
  return { done, steps: await collect(openSource(done.output).open()) };
}

/** Write files and import those that are not sidecars. */
export async function importTable(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<ImportOptions> = {},
  output = 'out.arrow',
): Promise<Imported> {
  const folder = join(await tempFolder(), 'in');
  await mkdir(folder);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  const named = Object.keys(files).filter((name) => !name.endsWith('.json'));
  const paths = named.map((name) => join(folder, basename(name)));
  return importFiles(importers, paths, join(folder, '..', output), { ...NOTHING_SAID, ...options });
}
