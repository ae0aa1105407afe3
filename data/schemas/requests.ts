/** One row of a requests table; unknown is null, never 0. */
export interface RequestRow {
  readonly source_id: string | null;
  readonly session_id: string | null;
  readonly arrival_ns: number | null;
  readonly prompt_tokens: number;
  readonly output_tokens: number | null;
  readonly model: string | null;
  readonly status: 'ok' | 'failed' | null;
  readonly first_token_ns: number | null;
  readonly last_token_ns: number | null;
  readonly block_ids: readonly number[] | null;
}

/** How a column of requests is stored. INT32_LIST: any number of INT32 per row. */
export type RequestColumnType = 'INT32' | 'DOUBLE' | 'UTF8' | 'INT32_LIST';

/** Columns of a requests table, in file order; `request_id` counts the rows. All times are on one clock. */
export const requestColumns = {
  request_id: { type: 'INT32', unit: 'id', doc: 'row of the log, 0-based', nullable: false },
  source_id: { type: 'UTF8', unit: 'id', doc: 'what the log calls the request', nullable: true },
  session_id: { type: 'UTF8', unit: 'id', doc: 'conversation that it belongs to', nullable: true },
  arrival_ns: { type: 'DOUBLE', unit: 'ns', doc: 'arrival since the start of the log', nullable: true },
  prompt_tokens: { type: 'INT32', unit: 'token', doc: 'tokens of the prompt', nullable: false },
  output_tokens: { type: 'INT32', unit: 'token', doc: 'tokens of the answer', nullable: true },
  model: { type: 'UTF8', unit: 'name', doc: 'model that answered', nullable: true },
  status: { type: 'UTF8', unit: 'name', doc: 'ok or failed', nullable: true },
  first_token_ns: {
    type: 'DOUBLE',
    unit: 'ns',
    doc: 'first token, on the clock of arrival_ns',
    nullable: true,
  },
  last_token_ns: {
    type: 'DOUBLE',
    unit: 'ns',
    doc: 'last token, on the clock of arrival_ns',
    nullable: true,
  },
  block_ids: {
    type: 'INT32_LIST',
    unit: 'id',
    doc: 'prefix blocks of the prompt; equal ids are equal blocks',
    nullable: true,
  },
} as const satisfies Record<
  keyof RequestRow | 'request_id',
  {
    readonly type: RequestColumnType;
    readonly unit: string;
    readonly doc: string;
    readonly nullable: boolean;
  }
>;
