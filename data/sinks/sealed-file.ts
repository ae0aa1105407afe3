import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../../src/core/failure.js';
import type { RunFile } from '../schemas/run-file.js';

/**
 * Check that a sealed file is there and as long as run.json says.
 * @throws Failure `bad-trace`
 */
export async function checkSize(dir: string, { outputs }: RunFile, name: string): Promise<void> {
  const size = await stat(join(dir, name)).then(
    (file) => file.size,
    () => null,
  );
  if (size === null) throw changed(dir, name, 'is missing');
  if (size !== outputs[name]?.bytes)
    throw changed(dir, name, `has ${size} bytes, not ${outputs[name]?.bytes}`);
}

/**
 * Check that a sealed file is byte for byte what was sealed.
 * @throws Failure `bad-trace`
 */
export async function checkSha256(dir: string, run: RunFile, name: string): Promise<void> {
  await checkSize(dir, run, name);
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(dir, name)), hash);
  if (hash.digest('hex') !== run.outputs[name].sha256)
    throw changed(dir, name, 'is not what its sha256 says');
}

function changed(dir: string, name: string, how: string): Failure {
  return new Failure(
    'bad-trace',
    `${join(dir, name)} ${how}: it was changed after run.json was written`,
    'restore it from a copy, or run again',
  );
}
