/** The part of parquetjs-lite 0.8.7 that narrow-parquet.ts uses; the package has no types of its own. */
declare module 'parquetjs-lite' {
  /** One column. With `statistics: false` the library writes none. */
  export interface Field {
    type: 'INT32' | 'DOUBLE' | 'BOOLEAN' | 'UTF8';
    optional: boolean;
    compression: 'UNCOMPRESSED' | 'GZIP' | 'SNAPPY';
    statistics: boolean;
  }
  /** One column of a row group, shredded: values that are not null, and a level for every row. */
  export interface ColumnBuffer {
    values: ArrayLike<number> | string[];
    /** (rows), 1 for a value and 0 for null; all 0 in a required column. */
    dlevels: Uint8Array;
    rlevels: number[];
    distinct_values: Set<never>;
    count: number;
  }
  /** A row group before it is encoded. */
  export interface RowBuffer {
    rowCount: number;
    pageRowCount: number;
    columnData: Record<string, ColumnBuffer>;
    pages: Record<string, unknown[]>;
  }
  /** Opaque to us. */
  export interface Schema {
    readonly fields: unknown;
  }
  /** Encodes row groups and the footer, and calls `write` with the bytes. */
  export interface Envelope {
    readonly rowGroups: { columns: { meta_data: { statistics: unknown } }[] }[];
    writeHeader(): void;
    writeRowGroup(rows: RowBuffer): void;
    writeFooter(metadata: Record<string, string>): void;
  }
  const parquet: {
    ParquetSchema: new (fields: Record<string, Field>) => Schema;
    ParquetEnvelopeWriter: new (
      schema: Schema,
      write: (bytes: Buffer) => void,
      close: () => void,
      offset: number,
      options: { pageIndex: boolean; useDataPageV2: boolean },
    ) => Envelope;
    ParquetWriter: new (
      schema: Schema,
      envelope: unknown,
      options: Record<string, never>,
    ) => { rowBuffer: RowBuffer; close(): Promise<void> };
  };
  export default parquet;
}

declare module 'parquetjs-lite/gen-nodejs/parquet_types.js' {
  const types: { Statistics: new (values: object) => object };
  export default types;
}
