import type { FileHandle } from 'node:fs/promises';
import { readFields, type ArrowField } from './arrow-types.js';
import { Flatbuffer } from './flatbuffer.js';
import { damaged } from './recording-format.js';

const MAX_METADATA_BYTES = 1 << 26;
const [SCHEMA, DICTIONARY, BATCH] = [1, 2, 3];
const FILE_START = 8; // ARROW1 and two bytes of padding
const MAX_ROWS = 2 ** 31 - 1;

/**
 * Walk through the messages of an Arrow IPC file or stream and hold every length, offset and size in them against the
 * bytes that are there; bodies are not read. apache-arrow trusts them: a damaged one made it loop for ever, take
 * gigabytes, or end quietly before the last row.
 *
 * @throws Failure `bad-recording` for a file that says of itself what cannot be
 */
export async function guardArrow(
  handle: FileHandle,
  path: string,
  size: number,
  isFile: boolean,
): Promise<void> {
  try {
    const footer = isFile ? await readFooter(handle, size) : null;
    const from = footer === null ? 0 : await firstMessage(handle, footer);
    const blocks = await walk(handle, from, footer?.start ?? size, footer?.fields ?? null);
    if (footer !== null && JSON.stringify(blocks) !== JSON.stringify(footer.blocks))
      throw new RangeError(
        `its footer lists ${footer.blocks.length} batches, but there are ${blocks.length}`,
      );
  } catch (error) {
    if (error instanceof RangeError) throw damaged(path, error);
    throw error;
  }
}

/** Where the messages of a file start: polars writes the schema before them without the frame of a message. */
async function firstMessage(handle: FileHandle, { start, first }: Footer): Promise<number> {
  if (start < FILE_START + 4) return start;
  const frame = await bytesAt(handle, FILE_START, 4, start);
  return frame.readUInt32LE(0) === 0xffffffff ? FILE_START : first;
}

/** Go from message to message; returns where the record batches start. */
async function walk(
  handle: FileHandle,
  from: number,
  end: number,
  known: readonly ArrowField[] | null,
): Promise<number[]> {
  const blocks: number[] = [];
  const dictionaries = new Map<number, ArrowField>();
  let fields = known; // some writers of files leave the schema to the footer
  if (known !== null) collectDictionaries(known, dictionaries);
  let at = from;
  for (;;) {
    if (known !== null && at === end) return blocks; // a file may go straight on to its footer
    const prefix = await bytesAt(handle, at, 8, end);
    const length = prefix.readInt32LE(4);
    if (prefix.readUInt32LE(0) !== 0xffffffff) throw new RangeError(`no message starts at byte ${at}`);
    if (length === 0) {
      // rows behind an early end would be lost without a word
      if (at + 8 !== end) throw new RangeError(`it ends at byte ${at}, but has ${end}`);
      return blocks;
    }
    if (length < 0 || length > MAX_METADATA_BYTES) throw new RangeError(`a message of ${length} bytes`);
    const flat = new Flatbuffer(await bytesAt(handle, at + 8, length, end));
    const message = flat.root();
    const [kind, body] = [flat.int(message, 1, 'Uint8'), flat.long(message, 3)];
    const header = flat.tableField(message, 2);
    if (header === null || body < 0 || at + 8 + length + body > end)
      throw new RangeError(`a message at byte ${at} with a body of ${body} bytes`);
    if (kind === SCHEMA) {
      if (at !== from) throw new RangeError('a second schema');
      fields = readFields(flat, header);
      collectDictionaries(fields, dictionaries);
    } else if (fields === null) throw new RangeError('rows before the schema');
    else if (kind === BATCH) {
      checkBatch(flat, header, fields, body);
      blocks.push(at);
    } else if (kind === DICTIONARY) {
      const values = dictionaries.get(flat.long(header, 0));
      const data = flat.tableField(header, 1);
      if (values === undefined || data === null) throw new RangeError('a dictionary that no column has');
      checkBatch(flat, data, [values], body);
    } else throw new RangeError(`a message of kind ${kind}`);
    at += 8 + length + body;
  }
}

function collectDictionaries(fields: readonly ArrowField[], into: Map<number, ArrowField>): void {
  for (const { dictionary, children } of fields) {
    if (dictionary !== null) {
      into.set(dictionary.id, dictionary.values);
      collectDictionaries(dictionary.values.children, into);
    }
    collectDictionaries(children, into);
  }
}

/** Nodes and buffers of a record batch, in the order of its columns. */
function checkBatch(flat: Flatbuffer, batch: number, fields: readonly ArrowField[], body: number): void {
  const rows = flat.long(batch, 0);
  const [nodes, buffers] = [flat.vector(batch, 1, 16), flat.vector(batch, 2, 16)];
  const compressed = flat.field(batch, 3) !== null; // then lengths say nothing, and apache-arrow refuses it
  if (rows < 0 || rows > MAX_ROWS) throw new RangeError(`a batch of ${rows} rows`);
  const counts = flat.vector(batch, 4, 8); // of data buffers, one per column of views
  let [node, buffer, views] = [0, 0, 0];
  const take = (needed: number) => {
    if (buffer >= buffers.length) throw new RangeError('a batch without all of its buffers');
    const at = buffers.start + 16 * buffer++;
    const [offset, length] = [flat.longAt(at), flat.longAt(at + 8)];
    if (offset < 0 || length < 0 || offset + length > body)
      throw new RangeError(`a buffer at bytes ${offset} to ${offset + length} of ${body}`);
    if (!compressed && length < needed)
      throw new RangeError(`a buffer of ${length} bytes where ${needed} are needed`);
  };
  const variadic = () => {
    if (views >= counts.length) throw new RangeError('a batch without all of its buffer counts');
    const count = flat.longAt(counts.start + 8 * views++);
    if (count < 0 || count > buffers.length) throw new RangeError(`a column of ${count} buffers`);
    return count;
  };
  const column = (field: ArrowField, atLeast: number) => {
    if (node >= nodes.length) throw new RangeError('a batch without all of its columns');
    const at = nodes.start + 16 * node++;
    const [length, nulls] = [flat.longAt(at), flat.longAt(at + 8)];
    if (length < atLeast || length > MAX_ROWS || nulls < 0 || nulls > length)
      throw new RangeError(
        `column ${field.name} has ${length} rows and ${nulls} nulls, where ${atLeast} rows are`,
      );
    if (field.hasValidity) take(nulls > 0 ? Math.ceil(length / 8) : 0);
    for (const bytes of field.buffers) take(bytes(length));
    if (field.variadic) for (let more = variadic(); more > 0; more--) take(0);
    for (const child of field.children) column(child, field.childRows(length));
  };
  for (const field of fields) column(field, rows);
  if (node !== nodes.length || buffer !== buffers.length)
    throw new RangeError('a batch with more columns than the schema');
}

/** What the end of a file says of it; `first`: where the first of its dictionaries and batches starts. */
interface Footer {
  readonly start: number;
  readonly first: number;
  readonly fields: readonly ArrowField[];
  readonly blocks: readonly number[];
}

async function readFooter(handle: FileHandle, size: number): Promise<Footer> {
  const tail = await bytesAt(handle, size - 10, 10, size);
  const length = tail.readInt32LE(0);
  const start = size - 10 - length;
  if (length <= 0 || start < FILE_START) throw new RangeError(`a footer of ${length} bytes`);
  const flat = new Flatbuffer(await bytesAt(handle, start, length, size));
  const footer = flat.root();
  const schema = flat.tableField(footer, 1);
  if (schema === null) throw new RangeError('a footer without a schema');
  const fields = readFields(flat, schema);
  const dictionaries = flat.vector(footer, 2, 24);
  const batches = flat.vector(footer, 3, 24);
  const block = (from: number) => (_: unknown, i: number) => {
    const at = from + 24 * i;
    const [offset, metadata, body] = [flat.longAt(at), flat.intAt(at + 8), flat.longAt(at + 16)];
    if (offset < FILE_START || metadata < 8 || body < 0 || offset + metadata + body > start)
      throw new RangeError(`a batch at byte ${offset} of ${metadata} and ${body} bytes`);
    return offset;
  };
  const others = Array.from({ length: dictionaries.length }, block(dictionaries.start));
  const blocks = Array.from({ length: batches.length }, block(batches.start));
  const first = [...others, ...blocks].reduce((least, at) => Math.min(least, at), start);
  return { start, first, fields, blocks };
}

async function bytesAt(handle: FileHandle, position: number, length: number, end: number): Promise<Buffer> {
  if (position < 0 || position + length > end)
    throw new RangeError(`it ends at byte ${end}, not ${position + length}`);
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, position);
  if (bytesRead < length) throw new RangeError(`it ends at byte ${position + bytesRead}`);
  return bytes;
}
