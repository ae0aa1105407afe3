import { Failure } from '../src/core/failure.js';
import type { TokenEvent } from '../src/core/event.js';

/** How much of a source a run takes. */
export interface StepLimits {
  /** Steps of each stream that ask no query. */
  readonly prompt: number;
  /** Steps in all; null: to the end. */
  readonly tokens: number | null;
  readonly signal: AbortSignal;
  /** Steps of each stream that were done before, by a run that this one goes on with: read, and dropped. */
  readonly skip?: ReadonlyMap<number, number>;
  /** Clock for steps that bring no time of their own: nanoseconds since any moment. Absent: they stay without. */
  readonly now?: (() => number) | undefined;
  /** Told of each step that was read. */
  onRead?(): void;
}

/**
 * The steps a run takes from its source: prompt marked as prefill, cut at `tokens`, ended early when `signal`
 * says so, even if the source is waiting for input. Pulls one step when one is asked for (law L7) and closes the
 * source when it stops.
 */
export async function* takeSteps<T extends TokenEvent>(
  source: AsyncIterable<T>,
  { prompt, tokens, signal, now, onRead, skip = new Map<number, number>() }: StepLimits,
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const { next, stopListening } = unlessAborted(() => iterator.next(), signal);
  const marked = (step: T): T => ({
    ...step,
    prefill: step.prefill || step.step < prompt,
    ...(now === undefined ? {} : { tNs: step.tNs ?? now() }),
  });
  let done = [...skip.values()].reduce((sum, steps) => sum + steps, 0); // still to be skipped
  let taken = 0;
  try {
    while (taken !== tokens && !signal.aborted) {
      const result = await next();
      if (result === null) return;
      if (done > 0 && (result.done === true || result.value.step >= (skip.get(result.value.streamId) ?? 0))) {
        throw otherSteps(done);
      }
      if (result.done) return;
      taken++;
      if (done-- > 0) continue;
      onRead?.();
      yield marked(result.value);
    }
  } finally {
    stopListening();
    const closed = Promise.resolve(iterator.return?.());
    if (signal.aborted)
      closed.catch(() => undefined); // it may wait for input for ever, and its end is no news
    else await closed;
  }
}

function otherSteps(missing: number): Failure {
  return new Failure(
    'bad-input',
    `the source does not bring the ${missing} steps that were done before`,
    'its files must be those of the run; run again',
  );
}

/** `work` whose results are null as soon as `signal` is aborted. One listener: this runs once a token. */
function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal) {
  let stop = () => {};
  const onAbort = () => stop();
  signal.addEventListener('abort', onAbort);
  return {
    next: () =>
      new Promise<T | null>((resolve, reject) => {
        stop = () => resolve(null);
        work().then(resolve, reject);
      }),
    stopListening: () => signal.removeEventListener('abort', onAbort),
  };
}
