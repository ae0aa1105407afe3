import type { RecordBatch } from 'apache-arrow';
import type { RequestRow } from '../schemas/requests.js';
import { csvFields, csvRows } from './csv.js';
import type { FileStart, Importer, OpenImport } from './importer.js';
import { parseJsonLine, readLines } from './lines.js';
import { requestFormats, type LogState, type RequestFormat } from './request-formats.js';
import { requestBatch, requestSchema } from './request-table.js';
import { badInput } from './tensor.js';

const BATCH_ROWS = 4096;
const EMPTY: RequestRow = {
  ...{
    source_id: null,
    session_id: null,
    arrival_ns: null,
    prompt_tokens: 0,
    output_tokens: null,
    model: null,
  },
  ...{ status: null, first_token_ns: null, last_token_ns: null, block_ids: null },
};

/** An importer for every request log. */
export const requestImporters: readonly Importer[] = requestFormats.map((format) => ({
  ...{ name: format.name, summary: format.summary, patterns: format.patterns, table: 'requests' },
  carries: `${format.takes.join(', ')}; not ${format.notes.join('; ') || 'other columns'}`,
  recognises: (start) => recognises(format, start),
  open: ([path, ...more]) => openLog(format, path, more),
}));

function recognises({ kind, needs }: RequestFormat, { path, text }: FileStart): boolean {
  const first =
    text
      ?.replace(/^\ufeff/, '')
      .split('\n', 1)[0]
      ?.replace(/\r$/, '') ?? '';
  try {
    const line = { number: 1, text: first };
    const names = kind === 'csv' ? csvFields(path, line) : Object.keys(parseJsonLine(path, line));
    return needs.every((name) => names.includes(name));
  } catch {
    return false; // another format
  }
}

function openLog(format: RequestFormat, path: string, more: readonly string[]): Promise<OpenImport> {
  if (more.length > 0)
    return Promise.reject(
      badInput(more[0], `one log at a time, and ${path} is one`, 'import them one by one'),
    );
  const schema = requestSchema({ importer: format.name, ...format.told });
  const seen = {
    rows: 0,
    unordered: 0,
    last: -Infinity,
    extra: new Set<string>(),
    missing: new Map<string, number>(),
  };
  async function* batches(): AsyncGenerator<RecordBatch> {
    let rows: RequestRow[] = [];
    for await (const row of logRows(format, path, seen.extra)) {
      if (row.arrival_ns !== null && row.arrival_ns < seen.last) seen.unordered++;
      seen.last = Math.max(seen.last, row.arrival_ns ?? -Infinity);
      if (row.arrival_ns === null) seen.missing.set('arrival_ns', (seen.missing.get('arrival_ns') ?? 0) + 1);
      rows.push(row);
      if (rows.length < BATCH_ROWS) continue;
      yield requestBatch(schema, rows, seen.rows);
      seen.rows += rows.length;
      rows = [];
    }
    if (rows.length > 0) yield requestBatch(schema, rows, seen.rows);
    seen.rows += rows.length;
  }
  const report = () => ({
    carried: [`${seen.rows} requests: ${format.takes.join(', ')}`],
    lost: [...format.notes, ...[...seen.extra].map((name) => `column ${name}`)],
    warnings: [
      ...[...seen.missing].map(([name, rows]) => `${name} is null in ${rows} rows: the log does not say`),
      ...(seen.unordered > 0 ? [`${seen.unordered} requests arrive before the one above them`] : []),
    ],
  });
  return Promise.resolve({ schema, batches, report, close: () => Promise.resolve() });
}

async function* logRows(format: RequestFormat, path: string, extra: Set<string>): AsyncGenerator<RequestRow> {
  const state: LogState = { origin: null };
  const taken = new Set(format.takes);
  if (format.kind === 'csv') {
    for await (const line of readLines(path)) {
      for (const name of csvFields(path, line)) if (!taken.has(name)) extra.add(name);
      break;
    }
    for await (const { line, get } of csvRows(path)) {
      const at = (column: string) => ({ path, line: line.number, column });
      yield { ...EMPTY, ...format.row(get, at, state) };
    }
    return;
  }
  for await (const line of readLines(path)) {
    const object = parseJsonLine(path, line);
    for (const name of Object.keys(object)) if (!taken.has(name) && extra.size < 100) extra.add(name);
    const at = (column: string) => ({ path, line: line.number, column });
    yield { ...EMPTY, ...format.row((column) => object[column] ?? null, at, state) };
  }
}
