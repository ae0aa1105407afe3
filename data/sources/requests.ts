import TinyQueue from 'tinyqueue';
import { z } from 'zod';
import type { TokenEvent } from '../../src/core/event.js';
import { Failure } from '../../src/core/failure.js';
import { defineSource } from '../../src/core/source.js';
import { describeInput } from './input-file.js';
import { readRequests, type LoggedRequest } from './request-rows.js';
import { requestTokens, type TokenRules } from './request-tokens.js';

/**
 * The streams of a request log, one per request, as far as a log of lengths can tell them: so many prompt tokens that ask no
 * query, then so many tokens that do. They interleave by their times: a prompt comes when its request arrived; the tokens of an
 * answer come where the log says, evenly from the first to the last, or else every `token_ms` after the arrival. Requests
 * without a time take turns. Token ids are made up: seeded, equal where the log says that prefix blocks are equal.
 *
 * Opening it throws Failure `bad-recording` naming row and column; `not-found` and `bad-input` as for files.
 */
export const requestsSource = defineSource(
  {
    name: 'requests',
    summary:
      'streams with the lengths and arrivals of a request log, from `kronflow import`; token ids are made up',
    brings: 'tokens',
    paper: null,
    options: z.object({
      path: z.string().min(1).describe('table of requests: Parquet or Arrow'),
      first: z.int().min(0).default(0).describe('first request to take, a row of the table'),
      requests: z.int().positive().default(16).describe('requests to take, at most'),
      divide: z.int().positive().default(1).describe('divide all lengths by it, rounded up: logs are long'),
      token_ms: z.number().positive().default(30).describe('time between tokens where the log has none'),
      vocabulary: z.int().positive().default(50_257).describe('token ids are below it'),
    }),
  },
  ({ path, first, requests: most, ...rules }, { seed }) => {
    const taken = () => takeRequests(path, first, most, rules.divide);
    return {
      kind: 'tokens',
      streams: null,
      async describe() {
        const { requests, blockSize } = await taken();
        return { ...(await describeInput(path)), requests: requests.length, block_size: blockSize };
      },
      async count(limit) {
        const { requests } = await taken();
        return Math.min(
          limit,
          requests.reduce((sum, { prompt, output }) => sum + prompt + output, 0),
        );
      },
      async *open() {
        const { requests, blockSize } = await taken();
        yield* interleave(requests, { ...rules, blockSize, seed });
      },
    };
  },
);

async function takeRequests(path: string, first: number, most: number, divide: number) {
  const { requests: all, blockSize } = await readRequests(path);
  const requests = all.slice(first, first + most).map((request) => ({
    ...request,
    prompt: Math.ceil(request.prompt / divide),
    output: Math.ceil(request.output / divide),
  }));
  if (requests.some(({ prompt, output }) => prompt + output > 0)) return { requests, blockSize };
  throw new Failure(
    'bad-option',
    `${path}: first = ${first}, requests = ${most}: no tokens, of ${all.length} requests in the table`,
    `take a first request from 0 to ${Math.max(0, all.length - 1)}`,
  );
}

/** The next token of one request. */
interface Turn {
  readonly streamId: number;
  readonly request: LoggedRequest;
  readonly ids: Iterator<number, undefined>;
  readonly step: number;
  /** Nanoseconds since the start of the log; without arrivals, since that of every stream. */
  readonly time: number;
}

/** Tokens of all requests by their times; of equal times, the earlier request goes first. */
function* interleave(
  requests: readonly LoggedRequest[],
  rules: TokenRules & { readonly token_ms: number },
): Generator<TokenEvent> {
  const queue = new TinyQueue<Turn>([], (a, b) => a.time - b.time || a.streamId - b.streamId);
  const push = (turn: Omit<Turn, 'time'>) => queue.push({ ...turn, time: timeOf(turn, rules.token_ms) });
  for (const [streamId, request] of requests.entries()) {
    if (request.prompt + request.output === 0) continue; // failed before its first token
    push({ streamId, request, ids: requestTokens(request, rules), step: 0 });
  }
  for (let turn = queue.pop(); turn !== undefined; turn = queue.pop()) {
    const { streamId, request, ids, step, time } = turn;
    const tokenId = ids.next().value!;
    const last = step + 1 === request.prompt + request.output;
    const tNs = request.arrival === null ? null : time;
    yield { streamId, step, pos: step, tokenId, prefill: step < request.prompt, tNs };
    if (!last) push({ streamId, request, ids, step: step + 1 });
  }
}

function timeOf({ request, step }: Omit<Turn, 'time'>, tokenMs: number): number {
  const { arrival, prompt, output, firstToken, lastToken } = request;
  const [start, answered] = [arrival ?? 0, step - prompt];
  if (arrival === null) return step * tokenMs * 1e6; // taking turns, prompts too
  if (answered < 0) return start;
  if (firstToken === null || lastToken === null) return start + (answered + 1) * tokenMs * 1e6;
  return firstToken + (output < 2 ? 0 : ((lastToken - firstToken) * answered) / (output - 1));
}
