import type { RequestRow } from '../schemas/requests.js';
import * as read from './request-values.js';

/** How one log format becomes requests. */
export interface RequestFormat {
  readonly name: string;
  readonly summary: string;
  readonly patterns: readonly string[];
  readonly kind: 'csv' | 'jsonl';
  /** Columns without which it is another format. */
  readonly needs: readonly string[];
  /** Columns that become ours; what else the file has is reported as lost. */
  readonly takes: readonly string[];
  /** What the format never says, and what was decided about it. */
  readonly notes: readonly string[];
  /** Goes into the metadata of the table. */
  readonly told?: Readonly<Record<string, string>>;
  row(
    get: (column: string) => unknown,
    at: (column: string) => read.ValuePlace,
    state: LogState,
  ): Partial<RequestRow> & Pick<RequestRow, 'prompt_tokens'>;
}

/** What is kept from row to row: the moment of the first one, where times are absolute. */
export interface LogState {
  origin: { readonly seconds: number; readonly ns: number } | null;
}

const [SECOND, MILLISECOND] = [1e9, 1e6];
const NO_TOKENS = 'token ids and texts: the log has lengths only';

/** Every request log that can be imported, in the order in which they are recognised. */
export const requestFormats: readonly RequestFormat[] = [
  {
    name: 'mooncake',
    summary: 'Mooncake request log: arrival, lengths, ids of 512-token prefix blocks',
    patterns: ['*.jsonl'],
    kind: 'jsonl',
    needs: ['timestamp', 'input_length', 'output_length', 'hash_ids'],
    takes: ['timestamp', 'input_length', 'output_length', 'hash_ids'],
    notes: [NO_TOKENS, 'sessions and models: the log has none'],
    told: { block_size: '512' },
    row: (get, at) => ({
      arrival_ns: read.time(at('timestamp'), get('timestamp'), MILLISECOND),
      prompt_tokens: read.count(at('input_length'), get('input_length')),
      output_tokens: read.count(at('output_length'), get('output_length')),
      block_ids: read.ids(at('hash_ids'), get('hash_ids')),
    }),
  },
  {
    name: 'azure',
    summary: 'Azure LLM inference log: arrival and lengths',
    patterns: ['*.csv'],
    kind: 'csv',
    needs: ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'],
    takes: ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'],
    notes: [NO_TOKENS, 'request ids, sessions and models: the log has none'],
    row(get, at, state) {
      const moment = read.moment(at('TIMESTAMP'), get('TIMESTAMP'));
      state.origin ??= moment;
      return {
        arrival_ns: (moment.seconds - state.origin.seconds) * SECOND + moment.ns - state.origin.ns,
        prompt_tokens: read.count(at('ContextTokens'), get('ContextTokens')),
        output_tokens: read.count(at('GeneratedTokens'), get('GeneratedTokens')),
      };
    },
  },
  {
    name: 'vidur',
    summary: 'vidur or Splitwise log as processed for simulators; arrivals may be missing',
    patterns: ['*.csv'],
    kind: 'csv',
    needs: ['num_prefill_tokens', 'num_decode_tokens'],
    takes: ['arrived_at', 'num_prefill_tokens', 'num_decode_tokens'],
    notes: [NO_TOKENS, 'request ids, sessions and models: the log has none'],
    row: (get, at) => ({
      arrival_ns: get('arrived_at') === null ? null : read.time(at('arrived_at'), get('arrived_at'), SECOND),
      prompt_tokens: read.count(at('num_prefill_tokens'), get('num_prefill_tokens')),
      output_tokens: read.count(at('num_decode_tokens'), get('num_decode_tokens')),
    }),
  },
  {
    name: 'splitwise',
    summary: 'Splitwise simulator log',
    patterns: ['*.csv'],
    kind: 'csv',
    needs: ['request_id', 'arrival_timestamp', 'prompt_size', 'token_size'],
    takes: ['request_id', 'arrival_timestamp', 'prompt_size', 'token_size'],
    notes: [NO_TOKENS],
    row: (get, at) => ({
      source_id: read.text(get('request_id')),
      arrival_ns: read.time(at('arrival_timestamp'), get('arrival_timestamp'), SECOND),
      prompt_tokens: read.count(at('prompt_size'), get('prompt_size')),
      output_tokens: read.count(at('token_size'), get('token_size')),
    }),
  },
  {
    name: 'burstgpt',
    summary: 'BurstGPT log: arrival, model, lengths, failures; older files lack sessions',
    patterns: ['*.csv'],
    kind: 'csv',
    needs: ['Timestamp', 'Model', 'Request tokens', 'Response tokens'],
    takes: ['Timestamp', 'Session ID', 'Elapsed time', 'Model', 'Request tokens', 'Response tokens'],
    notes: [NO_TOKENS, 'an answer of 0 tokens is a failure (status failed)'],
    row(get, at) {
      const arrival = read.time(at('Timestamp'), get('Timestamp'), SECOND);
      const output = read.count(at('Response tokens'), get('Response tokens'));
      const elapsed = read.text(get('Elapsed time'));
      return {
        session_id: read.text(get('Session ID')),
        arrival_ns: arrival,
        prompt_tokens: read.count(at('Request tokens'), get('Request tokens')),
        output_tokens: output,
        model: read.text(get('Model')),
        status: output === 0 ? 'failed' : 'ok',
        last_token_ns: elapsed === null ? null : arrival + read.time(at('Elapsed time'), elapsed, SECOND),
      };
    },
  },
  {
    name: 'llmservingsim',
    summary: 'LLMServingSim log of a real engine: lengths and measured times',
    patterns: ['*.jsonl'],
    kind: 'jsonl',
    needs: ['input_toks', 'output_toks'],
    takes: [
      'request_id',
      'input_toks',
      'output_toks',
      'arrival_time',
      'arrival_time_ns',
      'queued_ts',
      'first_token_ts',
      'last_token_ts',
    ],
    notes: [
      'the engine times have a clock of their own: first and last token are placed after arrival by their distance from queued_ts',
      'scheduled_ts and queued_ts themselves: no column for them',
    ],
    row(get, at, state) {
      const absolute = get('arrival_time') ?? null;
      const arrival =
        absolute === null ? optional(get, at, 'arrival_time_ns', 1) : sinceStart(at, absolute, state);
      const queued = optional(get, at, 'queued_ts', SECOND);
      const after = (column: string) => {
        const moment = optional(get, at, column, SECOND);
        return arrival === null || queued === null || moment === null ? null : arrival + moment - queued;
      };
      return {
        source_id: read.text(get('request_id')),
        arrival_ns: arrival,
        prompt_tokens: read.count(at('input_toks'), get('input_toks')),
        output_tokens: read.count(at('output_toks'), get('output_toks')),
        ...{ first_token_ns: after('first_token_ts'), last_token_ns: after('last_token_ts') },
      };
    },
  },
  {
    name: 'requests',
    summary: "kronflow's own: JSON lines with the columns of a requests table",
    patterns: ['*.jsonl'],
    kind: 'jsonl',
    needs: ['prompt_tokens', 'arrival_ns'],
    takes: [
      'request_id',
      'source_id',
      'session_id',
      'arrival_ns',
      'prompt_tokens',
      'output_tokens',
      'model',
      'status',
      'first_token_ns',
      'last_token_ns',
      'block_ids',
    ],
    notes: [],
    row: (get, at) => ({
      ...{
        source_id: read.text(get('source_id')),
        session_id: read.text(get('session_id')),
        model: read.text(get('model')),
      },
      arrival_ns: optional(get, at, 'arrival_ns', 1),
      prompt_tokens: read.count(at('prompt_tokens'), get('prompt_tokens')),
      output_tokens: isMissing(get('output_tokens'))
        ? null
        : read.count(at('output_tokens'), get('output_tokens')),
      status: get('status') === 'ok' || get('status') === 'failed' ? (get('status') as 'ok') : null,
      ...{
        first_token_ns: optional(get, at, 'first_token_ns', 1),
        last_token_ns: optional(get, at, 'last_token_ns', 1),
      },
      block_ids: isMissing(get('block_ids')) ? null : read.ids(at('block_ids'), get('block_ids')),
    }),
  },
];

type Get = (column: string) => unknown;
type At = (column: string) => read.ValuePlace;

function isMissing(value: unknown): boolean {
  return value === null || value === undefined;
}

function optional(get: Get, at: At, column: string, ns: number): number | null {
  return isMissing(get(column)) ? null : read.time(at(column), get(column), ns);
}

/** Seconds since 1970 with fractions: a float64 holds them to a quarter of a microsecond. */
function sinceStart(at: At, value: unknown, state: LogState): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) read.time(at('arrival_time'), NaN, SECOND); // throws
  const seconds = value as number;
  state.origin ??= { seconds, ns: 0 };
  return read.time(at('arrival_time'), seconds - state.origin.seconds, SECOND);
}
