import { from, Observable, type ObservableInput } from 'rxjs';

/**
 * Run `project` on each item of `source`, and pull the next item only when fewer than `concurrency` of the
 * results are unfinished: the one place that pulls, so the one place that sets the pace of a pipeline (L7).
 * `from(source).pipe(mergeMap(project, concurrency))` would read the whole source ahead instead.
 *
 * An error of `source` or of `project` ends the stream. Unsubscribing closes the source (`return()`).
 */
export function mergePull<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  project: (item: T, index: number) => ObservableInput<R>,
  concurrency = 1,
): Observable<R> {
  return new Observable<R>((subscriber) => {
    const iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    let [index, running, pulling, ended] = [0, 0, false, false];

    const finish = () => {
      running--;
      if (ended && running === 0) subscriber.complete();
      else start();
    };
    const pull = async () => {
      if (pulling) return; // the loop below sees that there is room
      pulling = true;
      while (!ended && running < concurrency && !subscriber.closed) {
        const item = await iterator.next();
        if (item.done) {
          ended = true;
          if (running === 0) subscriber.complete();
        } else if (!subscriber.closed) {
          running++;
          subscriber.add(
            from(project(item.value, index++)).subscribe({
              next: (result) => subscriber.next(result),
              error: (error: unknown) => subscriber.error(error),
              complete: finish,
            }),
          );
        }
      }
      pulling = false;
    };
    const start = () => void pull().catch((error: unknown) => subscriber.error(error));

    start();
    return () => {
      if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
    };
  });
}
