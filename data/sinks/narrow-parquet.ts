import parquet, { type RowBuffer } from 'parquetjs-lite';
import types from 'parquetjs-lite/gen-nodejs/parquet_types.js';
import type { Columns } from '../schemas/column.js';
import type { TableData } from './column-data.js';
import { inTurn } from './in-turn.js';
import type { OutFile } from './out-file.js';
import { columnStatistics, shredColumn } from './row-group.js';
import { tableBuffer } from './table-buffer.js';

/** Rows of a row group. Twice as many make no smaller file, but the library copies a group once per column. */
export const ROWS_PER_GROUP = 32_768;

/** Settings of a narrow Parquet file. */
export interface NarrowOptions {
  /** Name of the table, for messages. */
  readonly table: string;
  readonly columns: Columns;
  /** Key/value metadata of the file. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly compression?: 'UNCOMPRESSED' | 'GZIP' | 'SNAPPY';
  readonly rowsPerGroup?: number;
}

/** A Parquet file that takes columns. Calls are served one after the other; after a failure all are refused. */
export interface NarrowWriter {
  /**
   * Append `rows` rows. Their memory may change once the call returns its promise's result, not before.
   * @throws RangeError for unknown or missing columns, nulls, and values that do not fit, with row and column
   */
  append(data: TableData, rows: number): Promise<void>;
  /** Write what is left and the footer; the caller commits the file. */
  finish(): Promise<void>;
}

/**
 * Write a table without vectors as Parquet: the one place that knows parquetjs-lite. The library only encodes,
 * into our memory; every byte is written and awaited by us, so that a full disk is an ordinary error. Values
 * skip its record shredder, which turns NaN into a thrown string and truncates numbers (dependencies.md 1a).
 * The bytes depend on the rows alone, not on how they were cut into `append` calls.
 */
export function narrowParquet(file: OutFile, options: NarrowOptions): NarrowWriter {
  const { table, columns, metadata, rowsPerGroup = ROWS_PER_GROUP } = options;
  const encoder = encode(options);
  const buffer = tableBuffer(table, columns, 1);
  let state: 'open' | 'finished' | 'broken' = 'open';
  const turn = inTurn();

  async function guarded(work: () => Promise<void>): Promise<void> {
    if (state !== 'open') throw new RangeError(`${table}: the Parquet file is ${state}`);
    state = 'broken'; // unless the work succeeds
    await work();
    state = 'open';
  }

  async function writeGroup(): Promise<void> {
    await encoder.group(buffer.view(), buffer.rows);
    buffer.truncate(0);
    await drain();
  }

  async function drain(): Promise<void> {
    for (const bytes of encoder.take()) await file.write(bytes);
  }

  async function append(data: TableData, rows: number): Promise<void> {
    for (let from = 0; from < rows;) {
      const to = Math.min(rows, from + rowsPerGroup - buffer.rows);
      buffer.append(data, from, to);
      from = to;
      if (buffer.rows === rowsPerGroup) await writeGroup();
    }
  }

  async function finish(): Promise<void> {
    if (buffer.rows > 0) await writeGroup();
    encoder.footer(metadata);
    await drain();
  }

  return {
    append: (data, rows) => turn(() => guarded(() => append(data, rows))),
    finish: () => turn(() => guarded(finish).then(() => void (state = 'finished'))),
  };
}

/** The library, kept in a box: it writes into an array and never sees a file. */
function encode({ table, columns, compression = 'SNAPPY' }: NarrowOptions) {
  const names = Object.keys(columns);
  const fields = names.map((name) => {
    const { type, nullable } = columns[name];
    if (type === 'VECTOR') throw new RangeError(`${table}: column ${name} holds vectors, use vector-parquet`);
    return [name, { type, optional: nullable, compression, statistics: false }] as const;
  });
  const schema = new parquet.ParquetSchema(Object.fromEntries(fields));
  let written: Uint8Array[] = [];
  const envelope = new parquet.ParquetEnvelopeWriter(
    schema,
    (bytes) => void written.push(bytes),
    () => undefined,
    0,
    { pageIndex: false, useDataPageV2: false },
  );
  const nothing = () => undefined;
  const onlyGroups = {
    ...{ writeHeader: nothing, writeIndex: nothing, writeFooter: nothing, close: nothing },
    ...{ useDataPageV2: false, writeRowGroup: (group: RowBuffer) => envelope.writeRowGroup(group) },
  };
  envelope.writeHeader();

  return {
    /** Encode a whole row group; one page a column. */
    async group(data: TableData, rows: number): Promise<void> {
      const columnData = Object.fromEntries(
        names.map((name) => [name, shredColumn(columns[name], data[name], rows)]),
      );
      const statistics = names.map((name) => columnStatistics(columns[name], columnData[name], rows));
      // Closing a writer of its own is the library's only way to encode pages that were not shredded by it.
      const writer = new parquet.ParquetWriter(schema, onlyGroups, {});
      const pages = Object.fromEntries(names.map((name) => [name, []]));
      writer.rowBuffer = { rowCount: rows, pageRowCount: rows, columnData, pages };
      await writer.close();
      const chunks = envelope.rowGroups[envelope.rowGroups.length - 1].columns;
      chunks.forEach((chunk, i) => (chunk.meta_data.statistics = new types.Statistics(statistics[i])));
    },
    footer: (metadata: ReadonlyMap<string, string>) => envelope.writeFooter(Object.fromEntries(metadata)),
    take(): readonly Uint8Array[] {
      const bytes = written;
      written = [];
      return bytes;
    },
  };
}
