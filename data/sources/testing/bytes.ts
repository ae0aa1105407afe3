import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Failure } from '../../../src/core/failure.js';

/** Bytes in pieces of the given sizes, used round and round; counts what was pulled and whether it was stopped. */
export function inChunks(bytes: Uint8Array, sizes: readonly number[] = [bytes.length || 1]) {
  const seen = { pulled: 0, stopped: false };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = at + sizes[i % sizes.length];
        seen.pulled++;
        yield bytes.subarray(at, end);
        at = end;
      }
    } finally {
      seen.stopped = true;
    }
  }
  return Object.assign(chunks(), { seen });
}

/** A file that is deleted when the test ends. */
export async function tempFile(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(await tempFolder(), name);
  await writeFile(path, content);
  return path;
}

/** A folder that is deleted when the test ends. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kronflow-sources-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Everything of an iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The failure that a piece of work ends with; throws when it ends otherwise. */
export async function failureOf(work: () => unknown): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** How many times this process has a file open now; null where /proc cannot tell. */
export async function timesOpen(path: string): Promise<number | null> {
  const descriptors = await readdir('/proc/self/fd').catch(() => null);
  if (descriptors === null) return null;
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target === path).length;
}
