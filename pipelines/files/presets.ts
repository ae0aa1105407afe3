import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../src/core/failure.js';
import { didYouMean } from '../../src/core/nearest.js';
import { readTree } from './read.js';
import { nodeAt } from './tree.js';
import type { Environment } from './variables.js';

/** How a preset is named where a file could stand. */
export const PRESET = 'preset:';

const PRESETS = join('pipelines', 'presets');

/** Names of the presets that come with kronflow. */
export async function presetNames(): Promise<readonly string[]> {
  const files = await readdir(presetFolder());
  return files
    .filter((file) => extname(file) === '.yaml')
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/** A preset as `kronflow list presets` shows it. */
export interface PresetText {
  readonly name: string;
  readonly description: string;
  readonly path: string;
}

/** The presets and what each says of itself. */
export async function listPresets(env: Environment = process.env): Promise<readonly PresetText[]> {
  const described = (await presetNames()).map(async (name) => {
    const path = await findPreset(name);
    const description = nodeAt(await readTree(path, env), ['description']);
    return { name, description: description?.kind === 'scalar' ? String(description.value) : '', path };
  });
  return Promise.all(described);
}

/**
 * The file of a preset, seen from the working folder.
 * @throws Failure `unknown-name` with the nearest names
 */
export async function findPreset(name: string): Promise<string> {
  const names = await presetNames();
  if (names.includes(name)) return relative(process.cwd(), join(presetFolder(), `${name}.yaml`));
  throw new Failure('unknown-name', `preset "${name}" does not exist`, didYouMean(name, names));
}

/** Presets are not compiled: from dist and from the sources they are found above. */
export function presetFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, PRESETS);
}
