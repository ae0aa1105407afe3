import { lastValueFrom, map, of, type Observable } from 'rxjs';
import { mergePull } from '../operators/merge-pull.js';
import { takeSteps } from '../pipelines/steps.js';
import type { TokenEvent } from '../src/core/event.js';
import { judged, medians, noted, type Measurement } from './measure.js';

const [EVENTS, EVENTS_PER_S] = [200_000, 200_000];

/** What pulling one step at a time costs when nothing is done with it: ids only, no rows, no sink. */
export const pace: Measurement = {
  name: 'pace',
  moves: `${EVENTS.toLocaleString('en')} token events (ids only) through mergePull, one at a time`,
  async run() {
    const limited = () =>
      takeSteps(asyncTokens(), { prompt: 0, tokens: null, signal: new AbortController().signal });
    const ms = await medians(
      {
        array: () => drain([...tokens()]),
        source: () => drain(limited()),
        operators: () => drain(limited(), fiveOperators),
      },
      { rounds: 5, warmup: 2 },
    );
    const rate = (time: number) => (1e3 * EVENTS) / time;
    return [
      judged(
        'as in a run: source → takeSteps → mergePull',
        rate(ms.source),
        'events/s',
        'least',
        EVENTS_PER_S,
      ),
      noted('the same with five identity operators', rate(ms.operators), 'events/s'),
      noted('from an array', rate(ms.array), 'events/s'),
    ];
  },
};

const identity = map((event: TokenEvent) => event);
const fiveOperators = (event: Observable<TokenEvent>) =>
  event.pipe(identity, identity, identity, identity, identity);

async function drain(
  source: Iterable<TokenEvent> | AsyncIterable<TokenEvent>,
  flow = (event: Observable<TokenEvent>) => event,
): Promise<void> {
  let seen = 0;
  await lastValueFrom(mergePull(source, (event) => flow(of(event))).pipe(map(() => ++seen)));
  if (seen !== EVENTS) throw new RangeError(`${seen} of ${EVENTS} events came through`);
}

function* tokens(): Generator<TokenEvent> {
  for (let step = 0; step < EVENTS; step++) {
    yield { streamId: 0, step, pos: step, tokenId: step % 50_257, prefill: false };
  }
}

async function* asyncTokens(): AsyncGenerator<TokenEvent> {
  yield* tokens();
}
