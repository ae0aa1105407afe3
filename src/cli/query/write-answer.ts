import { rename, rm } from 'node:fs/promises';
import { Failure } from '../../core/failure.js';
import { writing } from '../../../data/sinks/io-failure.js';
import { writeWhole } from '../../../data/sinks/out-file.js';
import type { StreamedQuery, TraceDb } from '../../query/index.js';
import { answerTable, type TableLimits } from './answer-table.js';
import { csvText, jsonText } from './answer-text.js';

/** The formats of an answer. */
export const FORMATS = ['table', 'json', 'csv', 'parquet'] as const;

/** How an answer is written. */
export type AnswerFormat = (typeof FORMATS)[number];

/** The format: the one that was asked for, or that of the file's name, or a table. @throws Failure `bad-option` */
export function formatOf(asked: AnswerFormat | undefined, output: string | undefined): AnswerFormat {
  const ending = /\.(json|csv|parquet)$/i.exec(output ?? '')?.[1].toLowerCase() as AnswerFormat | undefined;
  if (asked === 'parquet' && output === undefined)
    throw new Failure('bad-option', '--format parquet: it is not for a terminal', 'name a file with -o FILE');
  if (output !== undefined && asked === undefined && ending === undefined)
    throw new Failure('bad-option', `-o ${output}: its name does not say what to write`, 'end it in .json, .csv or .parquet, or give --format'); // prettier-ignore
  return asked ?? ending ?? 'table';
}

/** The pieces of an answer as text, one after another. */
export async function* answerText(
  answer: StreamedQuery,
  format: Exclude<AnswerFormat, 'parquet'>,
  limits: TableLimits,
): AsyncGenerator<string> {
  const { columns, pieces } = answer;
  if (format === 'table') {
    yield await answerTable(answer, limits);
    return;
  }
  if (format === 'csv') {
    yield `${columns.map(({ name }) => csvText(name, 'VARCHAR')).join(',')}\n`;
    for await (const piece of pieces)
      yield piece
        .map((row) => `${row.map((value, i) => csvText(value, columns[i].type)).join(',')}\n`)
        .join('');
    return;
  }
  let before = '[\n';
  const names = columns.map(({ name }) => JSON.stringify(name));
  for await (const piece of pieces) {
    const lines = piece.map(
      (row) => `  {${row.map((value, i) => `${names[i]}: ${jsonText(value, columns[i].type)}`).join(', ')}}`,
    );
    if (lines.length > 0) yield `${before}${lines.join(',\n')}`;
    if (lines.length > 0) before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

/**
 * Write an answer to a file, which appears whole or not at all. Returns what a reader of the file must know.
 * @throws Failure `bad-input`, `not-writable`, `disk-full`
 */
export async function writeAnswer(
  db: TraceDb,
  sql: string,
  { format, output }: { format: AnswerFormat; output: string },
): Promise<readonly string[]> {
  if (format === 'parquet') return writeParquet(db, sql, output);
  const answer = await db.stream(sql);
  const limits = { rows: 0, width: null };
  await writeWhole(
    output,
    async (file) => {
      for await (const text of answerText(answer, format, limits)) await file.write(Buffer.from(text));
    },
    false,
  );
  return [];
}

/** The name that DuckDB may write, until all of it is there. */
export function temporaryName(output: string): string {
  return `${output}.tmp`;
}

async function writeParquet(db: TraceDb, sql: string, output: string): Promise<readonly string[]> {
  const temporary = temporaryName(output);
  try {
    const columns = await db.writeParquet(sql);
    await writing(output, () => rename(temporary, output));
    return columns
      .filter(({ type }) => /HUGEINT/.test(type))
      .map(
        ({ name }) =>
          `column ${name} is HUGEINT, which Parquet has not: it is stored as DOUBLE, exact up to 2^53`,
      );
  } finally {
    await rm(temporary, { force: true });
  }
}
