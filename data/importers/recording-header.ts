import { Field, FixedSizeList, Float32, Int32, List, Schema, type DataType } from 'apache-arrow';
import { Failure } from '../../src/core/failure.js';
import { isScale, SCALE_RULE } from '../../src/core/shape.js';
import { recordingColumns } from '../schemas/recording.js';
import { SCHEMA_VERSION } from '../schemas/tables.js';
import { readMetadata, type RecordingMetadata } from '../sources/recording-metadata.js';
import type { ImportOptions } from './importer.js';
import { badInput } from './tensor.js';

/** Everything a recording says of itself. */
export interface RecordingHeader {
  readonly layers: number;
  readonly heads: number;
  readonly d: number;
  readonly order: 'tensor' | 'matrix';
  readonly scale: number;
  readonly rope: RecordingMetadata['rope'];
  readonly k2Bias: number | null;
  readonly v2Bias: number | null;
  readonly lift: RecordingMetadata['lift'];
  readonly kvHeads: readonly number[] | null;
  readonly tokenIds: boolean;
}

/** What a file may say of itself under these names, with or without `kronflow.` before them. */
export const SAID = ['scale', 'rope', 'k2_bias', 'v2_bias', 'lift', 'kv_heads'] as const;

/**
 * What an honest replay needs beside the numbers: what the user says, or else what the file says.
 *
 * @throws Failure `bad-input` when neither says the scale, `bad-recording` naming key and value for nonsense
 */
export function provenanceOf(
  path: string,
  metadata: ReadonlyMap<string, string>,
  options: ImportOptions,
  d: number,
): Pick<RecordingMetadata, 'rope' | 'k2Bias' | 'v2Bias' | 'lift' | 'kvHeads'> & { readonly scale: number } {
  const said = new Map<string, string>();
  for (const key of SAID) {
    const value = metadata.get(`kronflow.${key}`) ?? metadata.get(key);
    if (value !== undefined && value !== 'none') said.set(`kronflow.${key}`, value);
  }
  if (metadata.get('rope') === 'none') said.set('kronflow.rope', 'none');
  if (options.rope !== null) said.set('kronflow.rope', options.rope);
  if (options.k2Bias !== null) said.set('kronflow.k2_bias', options.k2Bias);
  if (options.v2Bias !== null) said.set('kronflow.v2_bias', options.v2Bias);
  if (options.scale !== null) said.set('kronflow.scale', String(parseScale(options.scale, d)));
  const { scale, rope, k2Bias, v2Bias, lift, kvHeads } = readMetadata(path, said);
  if (scale !== null) return { scale, rope, k2Bias, v2Bias, lift, kvHeads };
  throw badInput(
    path,
    'nothing says the scale, the factor on every score',
    `pass --scale '1/sqrt(d)' (what most models use), or a number`,
  );
}

/** `1/sqrt(d)`, `1/d` or a number. @throws Failure `bad-option` */
export function parseScale(text: string, d: number): number {
  const named: Readonly<Record<string, number>> = { '1/sqrt(d)': 1 / Math.sqrt(d), '1/d': 1 / d };
  const scale = named[text.replaceAll(' ', '')] ?? (text.trim() === '' ? NaN : Number(text));
  if (isScale(scale)) return scale;
  throw new Failure('bad-option', `--scale ${text}: must be ${SCALE_RULE}`, `or '1/sqrt(d)', or '1/d'`);
}

/** The schema of a recording: vectors are fixed-size lists, or lists with nulls where heads share them. */
export function recordingSchema(header: RecordingHeader): Schema {
  const item = new Field('item', new Float32(), false);
  const whole = new FixedSizeList(header.d, item);
  const shared = header.kvHeads === null ? whole : new List(item);
  const side2 = header.order === 'tensor';
  const columns: [string, DataType, boolean][] = [
    ['stream_id', new Int32(), false],
    ['pos', new Int32(), false],
    ...(header.tokenIds ? [['token_id', new Int32(), true] as [string, DataType, boolean]] : []),
    ['layer', new Int32(), false],
    ['head', new Int32(), false],
    ['q', whole, false],
    ...(['k1', 'k2', 'v1', 'v2'] as const)
      .filter((name) => side2 || name.endsWith('1'))
      .map((name): [string, DataType, boolean] => [name, shared, header.kvHeads !== null]),
  ];
  return new Schema(
    columns.map(([name, type, nullable]) => new Field(name, type, nullable)),
    metadataOf(
      header,
      columns.map(([name]) => name),
    ),
  );
}

function metadataOf(header: RecordingHeader, columns: readonly string[]): Map<string, string> {
  const { layers, heads, d, order, scale, rope, k2Bias, v2Bias, lift, kvHeads } = header;
  const all = {
    ...{ schema_version: SCHEMA_VERSION, table: 'recording', order, scale, d, heads, layers },
    ...{ rope, k2_bias: k2Bias, v2_bias: v2Bias, lift },
    kv_heads: kvHeads === null ? null : JSON.stringify(kvHeads),
  };
  const units = columns.map((name) => [`unit.${name}`, recordingColumns[name as 'q'].unit] as const);
  const said = Object.entries(all).filter(([, value]) => value !== null);
  return new Map([...said.map(([key, value]) => [`kronflow.${key}`, String(value)] as const), ...units]);
}
