import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../core/failure.js';
import { didYouMean } from '../../core/nearest.js';
import { scaffolds } from '../scaffold/index.js';
import { camelCase, checkName, type Files } from '../scaffold/names.js';

interface CreateFlags {
  readonly output?: string;
  readonly typescript?: boolean;
}

/** `create KIND NAME`: a pipeline with tests, or a plug-in package with tests and a pipeline that runs it. */
export function addCreateCommand(program: Command): void {
  program
    .command('create')
    .description('write a pipeline with its tests, or a package with a plug-in of your own, to start from')
    .argument('<kind>', Object.keys(scaffolds).join(', '))
    .argument('<name>', 'lower-case words with dashes: my-cache')
    .option(
      '-o, --output <folder>',
      'folder to write to (default: for a pipeline this one, else one called NAME)',
    )
    .option('--typescript', 'a plug-in in TypeScript instead of JavaScript with JSDoc types')
    .action(async (kind: string, name: string, { output, typescript = false }: CreateFlags) => {
      if (!Object.hasOwn(scaffolds, kind))
        throw new Failure(
          'unknown-name',
          `cannot create a "${kind}"`,
          didYouMean(kind, Object.keys(scaffolds)),
        );
      checkName(kind, name);
      const files = scaffolds[kind]({ name, exported: camelCase(name), typescript });
      const folder = output ?? (kind === 'pipeline' ? '.' : name);
      await writeAll(folder, files);
      process.stdout.write(
        `${Object.keys(files)
          .map((file) => join(folder, file))
          .join('\n')}\n\n${next(kind, name, folder)}\n`,
      );
    });
}

/** Write new files; nothing is written if one of them is there already. */
async function writeAll(folder: string, files: Files): Promise<void> {
  const paths = Object.keys(files).map((file) => join(folder, file));
  const there = paths.find((path) => existsSync(path));
  if (there !== undefined)
    throw new Failure('exists', `${there} is there already`, 'choose another name, or another folder: -o');
  try {
    for (const [file, text] of Object.entries(files)) {
      const path = join(folder, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: 'wx' });
    }
  } catch (error) {
    const { message } = error as Error;
    throw new Failure('not-writable', `${folder} cannot be written: ${message}`, 'name another folder: -o', {
      cause: error,
    });
  }
}

/** What to do with it. */
function next(kind: string, name: string, folder: string): string {
  if (kind === 'pipeline')
    return `Next: kronflow test ${join(folder, `${name}.test.yaml`)}, then kronflow run ${join(folder, `${name}.yaml`)}`;
  const install = findsKronflow(folder) ? '' : 'npm install && ';
  return `Next: cd ${folder} && ${install}npm test, then npx kronflow run pipeline.yaml`;
}

/** Whether code in this folder finds a kronflow that is installed there or above. */
function findsKronflow(folder: string): boolean {
  try {
    createRequire(join(resolve(folder), 'package.json')).resolve('kronflow/package.json');
    return true;
  } catch {
    return false;
  }
}
