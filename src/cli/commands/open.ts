import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { readSealedRun } from '../../../data/sinks/read-steps.js';
import { openLines, READERS, TITLES, type Reader } from '../open-lines.js';

/** `open`: how other programs read a trace. */
export function addOpenCommand(program: Command): void {
  program
    .command('open')
    .description('print the lines that read a trace in DuckDB, pandas, polars and R; nothing is run')
    .argument('<trace>', 'folder of a sealed trace')
    .addOption(
      new Option('--in <program>', 'only the lines of one program, without a heading').choices(READERS),
    )
    .action(open);
}

async function open(dir: string, { in: only }: { in?: Reader }): Promise<void> {
  const run = await readSealedRun(dir);
  const tables = Object.keys(run.outputs).flatMap((name) => /^(.+)\.parquet$/.exec(name)?.[1] ?? []);
  const lines = (reader: Reader) => `${openLines(reader, resolve(dir), tables).join('\n')}\n`;
  const text = only
    ? lines(only)
    : READERS.map((reader) => `${heading(reader)}\n${lines(reader)}`).join('\n');
  process.stdout.write(text);
}

/** As a comment, so that what is pasted with it does no harm. */
function heading(reader: Reader): string {
  return `${reader === 'duckdb' ? '--' : '#'} ${TITLES[reader]}`;
}
