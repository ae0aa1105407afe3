import { isScale, SCALE_RULE, type Order } from '../../src/core/shape.js';
import type { RecordingBatch } from './recording-columns.js';
import { badRecording } from './recording-format.js';
import { KV_HEADS_RULE, parseKvHeads } from './shared-heads.js';

/** What a recording says about itself under the keys `kronflow.*`; null where it says nothing. */
export interface RecordingMetadata {
  readonly layers: number | null;
  readonly heads: number | null;
  readonly d: number | null;
  readonly order: Order | null;
  readonly scale: number | null;
  /** How rotary positions stand to q and k: in them (`post`), not in them (`pre`), or the model has none. */
  readonly rope: (typeof ROPE)[number] | null;
  /** Added to every number of k2 and of v2 when a recording is read, as the model does. */
  readonly k2Bias: number | null;
  readonly v2Bias: number | null;
  /** What made side 2 out of ordinary attention; null: side 2 was trained, or there is none. */
  readonly lift: (typeof LIFTS)[number] | null;
  /** Of every query head the key-value head that it shares: only the first of them holds keys and values. */
  readonly kvHeads: readonly number[] | null;
}

/** Values of `kronflow.rope`. */
export const ROPE = ['pre', 'post', 'none'] as const;

/** Values of `kronflow.lift`, see docs/recording.md. */
export const LIFTS = ['self', 'head-pair', 'layer-pair', 'rank-1'] as const;

/**
 * Read the keys `kronflow.layers`, `.heads`, `.d`, `.order`, `.scale`, `.rope`, `.k2_bias`, `.v2_bias`, `.lift`
 * and `.kv_heads`; any of them may be absent.
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
  const bias = (text: string) =>
    text.trim() !== '' && Number.isFinite(Math.fround(Number(text))) ? Number(text) : null;
  const oneOf =
    <T extends string>(names: readonly T[]) =>
    (text: string) =>
      names.find((name) => name === text) ?? null;
  return {
    layers: read('layers', 'a positive integer', size),
    heads: read('heads', 'a positive integer', size),
    d: read('d', 'a positive integer', size),
    order: read('order', 'tensor or matrix', oneOf(['tensor', 'matrix'] as const)),
    scale: read('scale', SCALE_RULE, (text) => (isScale(Number(text)) ? Number(text) : null)),
    rope: read('rope', ROPE.join(', '), oneOf(ROPE)),
    k2Bias: read('k2_bias', 'a finite number', bias),
    v2Bias: read('v2_bias', 'a finite number', bias),
    lift: read('lift', LIFTS.join(', '), oneOf(LIFTS)),
    kvHeads: read('kv_heads', KV_HEADS_RULE, parseKvHeads),
  };
}

/** What run.json tells of a recording beside its sizes; keys that the recording does not have are left out. */
export function provenance(metadata: RecordingMetadata): Readonly<Record<string, unknown>> {
  const { rope, k2Bias, v2Bias, lift, kvHeads } = metadata;
  const all = { rope, k2_bias: k2Bias, v2_bias: v2Bias, lift, kv_heads: kvHeads };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

/**
 * Hold the metadata against the rows.
 *
 * @throws Failure `bad-recording` when they disagree
 */
export function checkMetadata(
  path: string,
  { d, order, heads, kvHeads, k2Bias, v2Bias }: RecordingMetadata,
  batch: RecordingBatch,
): void {
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
  if (kvHeads !== null && heads !== null && kvHeads.length !== heads) {
    throw badRecording(
      path,
      `metadata kronflow.kv_heads names ${kvHeads.length} heads, but kronflow.heads is ${heads}`,
      KV_HEADS_RULE,
    );
  }
  if (found === 'matrix' && (k2Bias !== null || v2Bias !== null)) {
    throw badRecording(path, 'metadata gives a bias of side 2, but there is no side 2', 'drop the key');
  }
}
