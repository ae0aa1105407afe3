import { isFailure } from './failure.js';

/** Where in a request something is: `['caches', 1, 'options', 'delta']`. */
export type PartPath = readonly PropertyKey[];

const parts = new WeakMap<object, PartPath>();

/**
 * Do some work for a part of a request; a failure on the way remembers that part, so that who knows where it was written can
 * say so. Parts nest: the outer one comes first.
 */
export function inPart<T>(path: PartPath, work: () => T): T {
  try {
    const done = work();
    return done instanceof Promise ? (done.catch((error: unknown) => mark(path, error)) as T) : done;
  } catch (error) {
    return mark(path, error);
  }
}

/** The part of the request that a failure is about; empty when nobody said. */
export function partOf(error: unknown): PartPath {
  return typeof error === 'object' && error !== null ? (parts.get(error) ?? []) : [];
}

function mark(path: PartPath, error: unknown): never {
  if (isFailure(error)) parts.set(error, [...path, ...partOf(error)]);
  throw error;
}
