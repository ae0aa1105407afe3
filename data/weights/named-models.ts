import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../src/core/failure.js';
import type { LanguageModelShape } from '../../src/core/language-model.js';
import { nearest } from '../../src/core/nearest.js';
import { readLanguageModelShape } from './language-model.js';

const ENDING = '.safetensors';

/** A model that comes with kronflow. */
export interface NamedModel {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly shape: LanguageModelShape;
}

/** The models that come with kronflow, by name. */
export async function listModels(): Promise<readonly NamedModel[]> {
  const names = await modelNames();
  return Promise.all(
    names.map(async (name) => {
      const path = pathOf(name);
      return { name, path, bytes: (await stat(path)).size, shape: await readLanguageModelShape(path) };
    }),
  );
}

/**
 * The file of a model, seen from the working folder: of one that comes with kronflow by its name, else a path. What has a
 * folder or an ending in it is a path.
 * @throws Failure `unknown-name` with the nearest names
 */
export async function findModel(nameOrPath: string): Promise<string> {
  const names = await modelNames();
  if (names.includes(nameOrPath)) return pathOf(nameOrPath);
  if (/[\\/.]/.test(nameOrPath) || existsSync(nameOrPath)) return nameOrPath;
  throw new Failure('unknown-name', `model "${nameOrPath}" does not exist`, hintFor(nameOrPath, names));
}

function hintFor(typed: string, names: readonly string[]): string {
  const near = nearest(typed, names);
  const meant = near === names || near.length === 0 ? '' : `did you mean ${near.join(' or ')}? `;
  return `${meant}all models: ${names.join(', ') || 'none'}; or name a file of your own, such as ./${typed}${ENDING}`;
}

async function modelNames(): Promise<readonly string[]> {
  const files = await readdir(modelFolder()).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []; // a package without models
    throw error;
  });
  return files
    .filter((file) => extname(file) === ENDING)
    .map((file) => basename(file, ENDING))
    .sort();
}

function pathOf(name: string): string {
  return relative(process.cwd(), join(modelFolder(), `${name}${ENDING}`));
}

/** Models are not compiled: from dist and from the sources they are found above. */
function modelFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  let folder = here;
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new RangeError(`no package.json above ${here}`);
    folder = dirname(folder);
  }
  return join(folder, 'data', 'models');
}
