import { crc32 } from 'node:zlib';
import type { TableName } from '../schemas/tables.js';

/** Where one table's batch of a flush lies in its file, and the crc32 of those bytes. */
export interface BatchRange {
  readonly offset: number;
  readonly length: number;
  readonly rows: number;
  readonly crc: number;
}

/**
 * One flush: the batch of every table that had rows. A line of `journal/commits`, written after the batches;
 * once it is there the rows of all tables are acknowledged together, before it none is.
 */
export interface Commit {
  /** 0-based, without gaps. */
  readonly flush: number;
  readonly tables: Readonly<Partial<Record<TableName, BatchRange>>>;
  /** The journal was closed in order: nothing comes after this line. */
  readonly closed: boolean;
}

/** A commit as its line: crc32 of the rest in hexadecimal, JSON, newline. */
export function commitLine(commit: Commit): string {
  const json = JSON.stringify(commit);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

/** Read a line without its newline; null when its checksum says that it is damaged. */
export function parseCommit(line: string): Commit | null {
  const [sum, json] = [line.slice(0, 8), line.slice(9)];
  if (line[8] !== ' ' || crc32(json).toString(16).padStart(8, '0') !== sum) return null;
  return JSON.parse(json) as Commit;
}
