import type { RecordBatch, Schema } from 'apache-arrow';
import type { Encoding } from '../sources/tokenizer.js';

/** What a user may say about an import; null where nothing was said. */
export interface ImportOptions {
  /** How tensors or columns are called, see `nameReader`. */
  readonly map: string | null;
  readonly axes: string | null;
  readonly d: number | null;
  readonly kvHeads: string | null;
  /** A number, `1/d` or `1/sqrt(d)`. */
  readonly scale: string | null;
  readonly rope: string | null;
  readonly k2Bias: string | null;
  readonly v2Bias: string | null;
  readonly lift: string | null;
  /** Field of a JSON line that holds the text. */
  readonly field: string | null;
  readonly encoding: Encoding | null;
  /** Streams of text that take turns. */
  readonly together: number | null;
}

/** Nothing said. */
export const NOTHING_SAID: ImportOptions = {
  ...{ map: null, axes: null, d: null, kvHeads: null, scale: null, rope: null, k2Bias: null, v2Bias: null },
  ...{ lift: null, field: null, encoding: null, together: null },
};

/** Tables that an import can write. */
export type ImportedTable = 'recording' | 'requests' | 'tokens';

/** What an import could carry and what not, in words; complete once all batches have been read. */
export interface LossReport {
  readonly carried: readonly string[];
  readonly lost: readonly string[];
  readonly warnings: readonly string[];
}

/** Files that were opened and understood. */
export interface OpenImport {
  /** With the metadata of the table. */
  readonly schema: Schema;
  /** Rows in order. A batch is valid until the next one is asked for. */
  batches(): AsyncIterable<RecordBatch>;
  report(): LossReport;
  close(): Promise<void>;
}

/** Start of a file, by which it is recognised. */
export interface FileStart {
  readonly path: string;
  /** The first bytes, at most 64 KiB. */
  readonly bytes: Uint8Array;
  /** The same as text, up to the last whole line; null when it is not UTF-8. */
  readonly text: string | null;
}

/** One format that kronflow imports. */
export interface Importer {
  readonly name: string;
  readonly summary: string;
  readonly patterns: readonly string[];
  readonly table: ImportedTable;
  /** What of the format arrives. */
  readonly carries: string;
  recognises(start: FileStart): boolean;
  /** @throws Failure naming file and place for what cannot be imported */
  open(paths: readonly string[], options: ImportOptions): Promise<OpenImport>;
}
