import type { TokenEvent } from '../src/core/event.js';
import { Failure } from '../src/core/failure.js';

/** How much faster than it was recorded a stream is replayed. */
export type Speed = number | 'max';

const NS_PER_MS = 1e6;

/**
 * Give every step when its time has come: so long after the first as it was recorded, divided by `speed`. Steps keep the order
 * of the recording whatever their times say, and a step that is late is given at once: values never depend on time.
 *
 * @throws Failure `bad-option` for a step without a time
 */
export async function* paced<T extends TokenEvent>(
  steps: AsyncIterable<T>,
  speed: number,
  signal: AbortSignal,
  now: () => number = () => performance.now() * NS_PER_MS,
): AsyncGenerator<T> {
  let origin: { readonly recorded: number; readonly now: number } | null = null;
  for await (const step of steps) {
    const { tNs = null } = step;
    if (tNs === null) throw untimed(step);
    origin ??= { recorded: tNs, now: now() };
    const wait = (tNs - origin.recorded) / speed - (now() - origin.now);
    if (wait > 0) await pause(wait / NS_PER_MS, signal);
    if (signal.aborted) return; // it was read, and counts as refused
    yield step;
  }
}

function untimed({ streamId, pos }: TokenEvent): Failure {
  return new Failure(
    'bad-option',
    `stream ${streamId}, pos ${pos}: --speed needs the time at which every step was recorded, and this one has none`,
    'leave --speed out, or give the recording a column t_ns, in nanoseconds',
  );
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
