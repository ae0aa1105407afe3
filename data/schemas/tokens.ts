/** Columns of a table of tokens: texts as ids, several streams taking turns. */
export const tokenColumns = {
  stream_id: { unit: 'id', doc: 'stream, 0-based, in the order in which they start' },
  pos: { unit: 'token', doc: 'index of the token in its stream' },
  token_id: { unit: 'id', doc: 'vocabulary id' },
} as const;
