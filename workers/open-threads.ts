import { Piscina, workerData } from 'piscina';

/** Threads that all hold the same data and do one piece of work after the other. */
export interface Threads<Work, Result> {
  /** @throws what the module throws */
  run(work: Work): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Threads that run the default export of `module`, a compiled file; there, `threadData` is `data`. What shall be shared lies in
 * SharedArrayBuffers.
 */
export function openThreads<Work, Result>(
  module: URL,
  threads: number,
  data: unknown,
): Threads<Work, Result> {
  const pool = new Piscina<Work, Result>({
    ...{ filename: module.href, workerData: data },
    ...{ minThreads: threads, maxThreads: threads, recordTiming: false },
  });
  return {
    run: (work) => pool.run(work),
    close: () => pool.destroy(),
  };
}

/** What `openThreads` was given, seen from a thread. */
export function threadData<T>(): T {
  return workerData as T;
}
