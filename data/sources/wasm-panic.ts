const waiting = new Set<(error: Error) => void>();

/**
 * Wait for work inside WebAssembly, and reject if it panics. parquet-wasm panics on some damaged pages: the trap
 * surfaces as an uncaught exception, which ends the process, while the promise stays pending for ever. Only traps
 * are caught, and only while somebody waits; any other uncaught exception is thrown again.
 */
export function orPanic<T>(work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    waiting.add(reject);
    if (!process.hasUncaughtExceptionCaptureCallback())
      process.setUncaughtExceptionCaptureCallback(onUncaught);
    void work.then(resolve, reject).finally(() => leave(reject));
  });
}

function onUncaught(error: Error): void {
  if (error instanceof WebAssembly.RuntimeError) {
    for (const reject of [...waiting]) {
      reject(error);
      leave(reject);
    }
    return;
  }
  process.setUncaughtExceptionCaptureCallback(null);
  setImmediate(() => {
    throw error;
  });
}

function leave(reject: (error: Error) => void): void {
  if (waiting.delete(reject) && waiting.size === 0) process.setUncaughtExceptionCaptureCallback(null);
}
