/** What went wrong, for programs and tests; people read the message. */
export type FailureCode =
  | 'bad-option'
  | 'unknown-name'
  | 'bad-input'
  | 'bad-recording'
  | 'bad-weights'
  | 'bad-trace'
  | 'not-found'
  | 'exists'
  | 'not-writable'
  | 'disk-full'
  | 'out-of-memory'
  | 'worker-lost'
  | 'bad-plugin'
  | 'plugin-failed';

/**
 * An error a user can act on. `what` says who, which value and which rule; `hint` says what to do next.
 * A broken invariant of kronflow itself is a plain `RangeError` instead: users cannot act on it.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  constructor(
    readonly code: FailureCode,
    readonly what: string,
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(hint ? `${what}\n  hint: ${hint}` : what, options);
  }
}

/**
 * Whether an error is one that a user can act on, thrown by this copy of kronflow or by another: a plug-in may have brought
 * its own, whose `Failure` is another class.
 */
export function isFailure(error: unknown): error is Failure {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code, what } = error as Partial<Failure>;
  return name === 'Failure' && typeof code === 'string' && typeof what === 'string';
}
