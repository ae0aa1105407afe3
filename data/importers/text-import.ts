import { Field, Int32, makeData, RecordBatch, Schema, Struct } from 'apache-arrow';
import { didYouMean } from '../../src/core/nearest.js';
import { SCHEMA_VERSION } from '../schemas/tables.js';
import { tokenColumns } from '../schemas/tokens.js';
import { inputName, readChunks } from '../sources/input-file.js';
import { loadTokenizer, VOCABULARY_SIZE, type Encoding, type Tokenizer } from '../sources/tokenizer.js';
import { decodeUtf8, safePieces } from '../sources/utf8-chunks.js';
import type { ImportOptions, OpenImport } from './importer.js';
import { parseJsonLine, readLines } from './lines.js';
import { takeTurns, type TextStream, type Turn } from './take-turns.js';
import { badInput } from './tensor.js';

const BATCH_ROWS = 8192;
const TOGETHER = 8;

/** Texts as they are, a stream a file. */
export function openTexts(paths: readonly string[], options: ImportOptions): Promise<OpenImport> {
  return openStreams(options, (tokenizer) => textStreams(paths, tokenizer), []);
}

/** One field of JSON lines, a stream a line. @throws Failure `bad-input` naming the line without the field */
export async function openJsonTexts(paths: readonly string[], options: ImportOptions): Promise<OpenImport> {
  const names = new Set<string>();
  for (const path of paths)
    for await (const line of readLines(path)) {
      for (const name of Object.keys(parseJsonLine(path, line))) names.add(name);
      break;
    }
  const { field } = options;
  if (field === null)
    throw badInput(
      paths.join(', '),
      'which field holds the text?',
      `pass --field; there are: ${[...names].join(', ')}`,
    );
  const others = [...names].filter((name) => name !== field).map((name) => `field ${name}`);
  return openStreams(options, (tokenizer) => jsonStreams(paths, field, tokenizer), others);
}

function openStreams(
  { encoding: asked, together }: ImportOptions,
  streams: (tokenizer: Tokenizer) => AsyncIterable<TextStream>,
  lost: readonly string[],
): Promise<OpenImport> {
  const encoding = asked ?? 'r50k';
  const schema = tokenSchema(encoding);
  const seen = { streams: 0, rows: 0 };
  async function* batches(): AsyncGenerator<RecordBatch> {
    const turns = takeTurns(streams(await loadTokenizer(encoding)), together ?? TOGETHER);
    let held: Turn[] = [];
    for await (const turn of turns) {
      seen.streams = Math.max(seen.streams, turn.stream + 1);
      seen.rows++;
      held.push(turn);
      if (held.length < BATCH_ROWS) continue;
      yield toBatch(schema, held);
      held = [];
    }
    if (held.length > 0) yield toBatch(schema, held);
  }
  const report = () => ({
    carried: [
      `${seen.rows} tokens of ${seen.streams} streams, ${together ?? TOGETHER} at a time, vocabulary ${encoding}`,
    ],
    lost: [...lost, 'the text itself: ids stand for it', 'times: texts have none'],
    warnings: [],
  });
  return Promise.resolve({ schema, batches, report, close: () => Promise.resolve() });
}

function tokenSchema(encoding: Encoding): Schema {
  const told = {
    schema_version: SCHEMA_VERSION,
    table: 'tokens',
    encoding,
    vocabulary_size: VOCABULARY_SIZE[encoding],
  };
  const metadata = new Map([
    ...Object.entries(told).map(([key, value]) => [`kronflow.${key}`, String(value)] as const),
    ...Object.entries(tokenColumns).map(([name, { unit }]) => [`unit.${name}`, unit] as const),
  ]);
  return new Schema(
    Object.keys(tokenColumns).map((name) => new Field(name, new Int32(), false)),
    metadata,
  );
}

function toBatch(schema: Schema, turns: readonly Turn[]): RecordBatch {
  const column = (of: (turn: Turn) => number) =>
    makeData({ type: new Int32(), length: turns.length, nullCount: 0, data: Int32Array.from(turns, of) });
  const children = [
    column(({ stream }) => stream),
    column(({ pos }) => pos),
    column(({ tokenId }) => tokenId),
  ];
  const type = new Struct(schema.fields);
  return new RecordBatch(schema, makeData({ type, length: turns.length, nullCount: 0, children }));
}

async function* textStreams(paths: readonly string[], tokenizer: Tokenizer): AsyncGenerator<TextStream> {
  for (const path of paths) yield { name: path, ids: () => encodeFile(path, tokenizer) };
}

async function* encodeFile(path: string, tokenizer: Tokenizer): AsyncGenerator<readonly number[]> {
  for await (const piece of safePieces(decodeUtf8(readChunks(path), inputName(path))))
    yield tokenizer.encode(piece);
}

async function* jsonStreams(
  paths: readonly string[],
  field: string,
  tokenizer: Tokenizer,
): AsyncGenerator<TextStream> {
  for (const path of paths)
    for await (const line of readLines(path)) {
      const row = parseJsonLine(path, line);
      const value = row[field];
      if (typeof value !== 'string')
        throw badInput(
          path,
          `line ${line.number}, ${field} is ${value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60)}`,
          value === undefined ? didYouMean(field, Object.keys(row)) : 'it must be a text',
        );
      yield {
        name: `line ${line.number} of ${path}`,
        ids: async function* () {
          yield tokenizer.encode(value);
        },
      };
    }
}
