import { isFailure, type FailureCode } from '../core/failure.js';

/** Exit codes of the command line, as documented in docs/command-line.md. */
export const EXIT = { ok: 0, internal: 1, refused: 2, resources: 3, broken: 4, interrupted: 130 } as const;

const RESOURCES: readonly FailureCode[] = ['out-of-memory', 'disk-full', 'not-writable', 'worker-lost'];

/** 2: something the user said was refused. 3: the machine ran out of something. 1: a fault of kronflow. */
export function exitCodeOf(error: unknown): number {
  if (!isFailure(error)) return EXIT.internal;
  return RESOURCES.includes(error.code) ? EXIT.resources : EXIT.refused;
}
