import { inTurn } from '../../data/sinks/in-turn.js';
import { Failure } from '../../src/core/failure.js';
import type { RunSink, SinkParts } from '../../src/core/sink.js';
import { pluginFailure } from '../../src/core/thrown.js';

/** A sink that a run adds, its options checked. */
export interface AddedSink {
  readonly name: string;
  open(parts: SinkParts): Promise<RunSink>;
}

/**
 * Open the sinks of a run as one, each held to its contract: they take a batch together, and the next one when all have
 * taken it. `close` closes every one, whatever became of the others, once.
 *
 * @throws Failure `plugin-failed` naming the sink; those that were open are closed then
 */
export async function openSinks(sinks: readonly AddedSink[], parts: SinkParts): Promise<RunSink> {
  const opened: RunSink[] = [];
  try {
    for (const { name, open } of sinks) opened.push(await guarded(name, open, parts));
  } catch (error) {
    await closeAll(opened).catch(() => undefined); // the first failure matters more
    throw error;
  }
  return {
    async write(batch) {
      await Promise.all(opened.map((sink) => sink.write(batch)));
    },
    close: () => closeAll(opened),
  };
}

async function closeAll(sinks: readonly RunSink[]): Promise<void> {
  const ends = await Promise.allSettled(sinks.map((sink) => sink.close()));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function guarded(name: string, open: AddedSink['open'], parts: SinkParts): Promise<RunSink> {
  const blame = (doing: string) => (error: unknown) => {
    throw pluginFailure(`sink ${name}`, doing, error);
  };
  const attempt = <T>(doing: string, work: () => T | Promise<T>): Promise<T> =>
    Promise.resolve().then(work).catch(blame(doing));
  const sink = await attempt('opening', () => open(parts));
  for (const method of ['write', 'close'] as const) {
    if (typeof sink?.[method] === 'function') continue;
    throw new Failure(
      'plugin-failed',
      `sink ${name}: it has no ${method}()`,
      'return { write(batch), close() }',
    );
  }
  const turn = inTurn(); // an event between steps must not come while a step is being written
  let closing: Promise<void> | null = null;
  return {
    write: (batch) => turn(() => attempt('write', () => sink.write(batch))),
    close: () => (closing ??= turn(() => attempt('close', () => sink.close()))),
  };
}
