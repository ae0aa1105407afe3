import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { refuseExisting } from '../../../data/importers/import-files.js';
import { Failure } from '../../core/failure.js';
import { macros, openTraces, signature, type TraceDb } from '../../query/index.js';
import { dotCommand, prompt } from '../query/prompt.js';
import {
  answerText,
  FORMATS,
  formatOf,
  temporaryName,
  writeAnswer,
  type AnswerFormat,
} from '../query/write-answer.js';
import { natural } from '../flag-parsers.js';

interface QueryFlags {
  readonly format?: AnswerFormat;
  readonly output?: string;
  readonly rows: number;
  readonly unsafe?: true;
}

/** `query`: SQL over sealed traces. */
export function addQueryCommand(program: Command): void {
  program
    .command('query')
    .description('ask sealed traces in SQL: views steps, outputs, events, measures, runs, caches, by_cache')
    .argument(
      '<trace...>',
      'folders of traces, and last the SQL; without SQL a prompt, or SQL from standard input',
    )
    .addOption(
      new Option(
        '--format <format>',
        'how the answer is written (default: table, or by the name of the file)',
      ).choices(FORMATS),
    ) // prettier-ignore
    .option('-o, --output <file>', 'write the answer to a file: .json, .csv or .parquet')
    .option('--rows <n>', 'most rows of a table; 0: all', natural('--rows'), 100)
    .option('--unsafe', 'let SQL read and write any file and change settings')
    .addHelpText(
      'after',
      () =>
        `\nMacros, called as FROM name():\n${macros.map((macro) => `  ${signature(macro)}\n      ${macro.doc}`).join('\n')}`,
    ) // prettier-ignore
    .action(query);
}

async function query(words: readonly string[], flags: QueryFlags): Promise<void> {
  const { dirs, sql } = await tracesAndSql(words);
  const format = formatOf(flags.format, flags.output);
  if (flags.output !== undefined && sql === null)
    throw new Failure(
      'bad-option',
      '-o FILE without SQL: there is nothing to write',
      'give the SQL as last argument',
    );
  if (flags.output !== undefined) await refuseExisting(flags.output);
  const output = flags.output === undefined ? {} : { output: temporaryName(resolve(flags.output)) };
  const db = await openTraces(dirs, { unsafe: flags.unsafe ?? false, ...output });
  try {
    await ask(db, sql, { ...flags, format });
  } catch (error) {
    throw withSuspicion(error, words, sql);
  } finally {
    db.close();
  }
}

async function ask(
  db: TraceDb,
  sql: string | null,
  flags: QueryFlags & { format: AnswerFormat },
): Promise<void> {
  const { format, output } = flags;
  if (sql !== null && output !== undefined) {
    for (const note of await writeAnswer(db, sql, { format, output }))
      process.stderr.write(`note: ${note}\n`);
    return void process.stdout.write(`the answer is in ${output}\n`);
  }
  const { stdin, stdout } = process;
  const limits = { rows: flags.rows, width: stdout.isTTY ? stdout.columns : null };
  const answer = async (statement: string) => {
    const streamed = await db.stream(statement);
    for await (const text of answerText(streamed, format as 'table', limits)) await write(stdout, text);
  };
  if (sql === null)
    return prompt(db, { input: stdin, output: stdout, terminal: stdin.isTTY && stdout.isTTY, answer });
  return sql.startsWith('.') ? dotCommand(db, sql, { output: stdout, answer }) : answer(sql);
}

/** Wait for a slow reader: an answer may be longer than memory. */
async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await new Promise((done) => stream.once('drain', done));
}

/** The last word is SQL unless it is there as a file or folder, or stands alone. */
async function tracesAndSql(
  words: readonly string[],
): Promise<{ dirs: readonly string[]; sql: string | null }> {
  const last = words[words.length - 1];
  const exists = await stat(last).then(() => true, () => false); // prettier-ignore
  if (exists || words.length === 1) return { dirs: words, sql: null };
  return { dirs: words.slice(0, -1), sql: last };
}

/** One word that is no SQL may be a trace with a typing mistake. */
function withSuspicion(error: unknown, words: readonly string[], sql: string | null): unknown {
  if (!(error instanceof Failure) || sql === null || /\s/.test(sql) || sql.startsWith('.')) return error;
  return new Failure(error.code, error.what, `${JSON.stringify(words[words.length - 1])} was taken for SQL: there is no such folder`, { cause: error }); // prettier-ignore
}
