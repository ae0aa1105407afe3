import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { Failure } from '../../core/failure.js';
import { macros, signature, type TraceDb } from '../../query/index.js';
import { literal } from '../../query/sql-text.js';
import { splitStatements } from './split-statements.js';

/** Where questions come from and answers go. */
export interface Prompt {
  readonly input: Readable;
  readonly output: Writable;
  /** A person sits there: prompts, history, and an error does not end it. */
  readonly terminal: boolean;
  /** Print the answer to one statement. */
  answer(sql: string): Promise<void>;
}

const [FIRST, NEXT] = ['kronflow> ', '      … '];

const HELP = `SQL ends with a semicolon and may go over several lines. Views, each with a column trace:
  steps  outputs  events  measures  recording  runs  caches  by_cache
Commands:
  .tables          the views, and how many columns they have
  .schema [VIEW]   columns and types
  .help            this
  .quit            the end, as Ctrl-D
Macros, called as FROM name():
${macros.map((macro) => `  ${signature(macro)}\n      ${macro.doc}`).join('\n')}
`;

/**
 * Answer statements as they come, until the input or the person ends.
 * @throws Failure `bad-input` of the first statement that fails when nobody sits there to see it
 */
export async function prompt(db: TraceDb, { input, output, terminal, answer }: Prompt): Promise<void> {
  const lines = createInterface({ input, ...(terminal ? { output } : {}), terminal, prompt: FIRST });
  const ask = (text: string) => {
    lines.setPrompt(text.trim() === '' ? FIRST : NEXT);
    if (terminal) lines.prompt();
  };
  let busy = false;
  const guarded = async (work: () => Promise<unknown>) => {
    busy = true;
    try {
      await work();
    } catch (error) {
      if (!terminal || !(error instanceof Failure)) throw error;
      output.write(`${error.message}\n`);
    } finally {
      busy = false;
    }
  };
  let text = '';
  lines.on('SIGINT', () => {
    if (busy) return db.interrupt();
    if (terminal) output.write(text === '' && lines.line === '' ? '\n(.quit or Ctrl-D ends this)\n' : '\n');
    text = '';
    lines.write(null, { ctrl: true, name: 'u' }); // what stands in the line is given up too
    ask(text);
  });
  try {
    ask(text);
    for await (const line of lines) {
      if (text === '' && line.trim().startsWith('.')) {
        if (/^\.(quit|exit)$/.test(line.trim())) return;
        await guarded(() => dotCommand(db, line.trim(), { output, answer }));
      } else {
        const { statements, rest } = splitStatements(`${text}${line}\n`);
        text = rest.trim() === '' ? '' : rest;
        for (const statement of statements) await guarded(() => answer(statement));
      }
      ask(text);
    }
    if (text !== '') await guarded(() => answer(text)); // the input ended without a semicolon
    if (terminal) output.write('\n');
  } finally {
    lines.close();
  }
}

/**
 * Do what a line that starts with a point asks.
 * @throws Failure `unknown-name`; `bad-input` for a view that is not there
 */
export async function dotCommand(
  db: TraceDb,
  line: string,
  { output, answer }: Pick<Prompt, 'output' | 'answer'>,
): Promise<void> {
  const [command, name] = line.split(/\s+/);
  if (command === '.help') return void output.write(HELP);
  if (command === '.tables')
    return answer(`select table_name as "view", count(*) as "columns" from information_schema.columns
      where table_schema = 'main' group by all order by all`);
  if (command === '.schema') {
    const views = name === undefined ? '' : `and table_name = ${literal(name)}`;
    const sql = `select table_name as "view", column_name as "column", data_type as type from information_schema.columns
      where table_schema = 'main' ${views} order by table_name, ordinal_position`;
    if ((await db.query(sql)).rows.length === 0)
      throw new Failure('unknown-name', `.schema ${name}: there is no such view`, '.tables lists the views');
    return answer(sql);
  }
  throw new Failure('unknown-name', `${command}: there is no such command`, '.help lists them');
}
