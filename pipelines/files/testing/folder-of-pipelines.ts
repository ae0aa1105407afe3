import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { isFailure } from '../../../src/core/failure.js';
import { preparePipeline } from '../prepare.js';
import type { LoadOptions } from '../load.js';

/** A working folder with files in it; the process is there until it is left. */
export function folderOfPipelines() {
  const folder = temporaryFolder();
  const home = process.cwd();
  process.chdir(folder.path);
  return {
    write(files: Readonly<Record<string, string>>): void {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder.path, name)), { recursive: true });
        writeFileSync(join(folder.path, name), text);
      }
    },
    leave(): void {
      process.chdir(home);
      folder.remove();
    },
  };
}

/** A pipeline that is soon checked; `more` stands below it. */
export const small = (more = '') =>
  `kronflow: 1\nsource: { name: gaussian, d: 4, heads: 1 }\ntokens: 5\ncaches:\n  - name: window\n  - name: subgen4\n    delta: 0.5\n${more}`;

/** What a pipeline is refused with. */
export async function refusal(path: string, options: LoadOptions = {}): Promise<string> {
  try {
    await preparePipeline(path, { env: {}, ...options });
  } catch (error) {
    if (isFailure(error)) return error.message;
    throw error;
  }
  throw new Error(`${path} was not refused`);
}
