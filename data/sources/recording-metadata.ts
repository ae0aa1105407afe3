import { isScale, SCALE_RULE, type Order } from '../../src/core/shape.js';
import type { RecordingBatch } from './recording-columns.js';
import { badRecording } from './recording-format.js';

/** What a recording says about itself under the keys `kronflow.*`; null where it says nothing. */
export interface RecordingMetadata {
  readonly layers: number | null;
  readonly heads: number | null;
  readonly d: number | null;
  readonly order: Order | null;
  readonly scale: number | null;
}

/**
 * Read the keys `kronflow.layers`, `.heads`, `.d`, `.order` and `.scale`; any of them may be absent.
 *
 * @throws Failure `bad-recording` naming key and value
 */
export function readMetadata(path: string, metadata: ReadonlyMap<string, string>): RecordingMetadata {
  const read = <T>(key: string, rule: string, parse: (text: string) => T | null): T | null => {
    const text = metadata.get(`kronflow.${key}`);
    if (text === undefined) return null;
    const value = parse(text);
    if (value !== null) return value;
    throw badRecording(path, `metadata kronflow.${key} is "${text}"`, `it must be ${rule}`);
  };
  const size = (text: string) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : null);
  return {
    layers: read('layers', 'a positive integer', size),
    heads: read('heads', 'a positive integer', size),
    d: read('d', 'a positive integer', size),
    order: read('order', 'tensor or matrix', (text) =>
      text === 'tensor' || text === 'matrix' ? text : null,
    ),
    scale: read('scale', SCALE_RULE, (text) => (isScale(Number(text)) ? Number(text) : null)),
  };
}

/**
 * Hold the metadata against the rows.
 *
 * @throws Failure `bad-recording` when they disagree
 */
export function checkMetadata(path: string, { d, order }: RecordingMetadata, batch: RecordingBatch): void {
  const found = batch.vectors.k2 === null ? 'matrix' : 'tensor';
  if (d !== null && d !== batch.d) {
    throw badRecording(
      path,
      `metadata kronflow.d is ${d}, but column q has vectors of ${batch.d}`,
      'correct or drop the key',
    );
  }
  if (order !== null && order !== found) {
    const columns = found === 'matrix' ? 'absent or null' : 'there';
    throw badRecording(
      path,
      `metadata kronflow.order is ${order}, but columns k2 and v2 are ${columns}`,
      'correct or drop the key',
    );
  }
}
