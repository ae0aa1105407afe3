import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { makeReport, type ReportMade } from '../../report/make-report.js';
import { Failure } from '../../core/failure.js';
import { counted, formatBytes } from '../../core/format.js';

interface Flags {
  readonly output: string;
  readonly json?: true;
}

/** `report`: a page that shows what traces hold. */
export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description(
      'show sealed traces as one HTML file that loads nothing: plots with their data and SQL, light and dark, printable',
    )
    .argument(
      '<traces...>',
      'folders of sealed traces; files of `kronflow index-game -o` may stand among them, or alone',
    )
    .option('-o, --output <file>', 'the page', 'report.html')
    .option('--json', 'print what was drawn and what was left out as JSON')
    .action(async (given: readonly string[], { output, json }: Flags) => {
      requireHtml(output);
      const { dirs, games } = await sortInputs(given);
      const made = await makeReport(dirs, output, games);
      process.stdout.write(json ? `${JSON.stringify(made)}\n` : `${reportText(made)}\n`);
    });
}

/** A report replaces the file of its name, so that name must be one of a page. @throws Failure `bad-option` */
function requireHtml(path: string): void {
  if (/\.html?$/i.test(path)) return;
  throw new Failure('bad-option', `-o ${path}: a report ends in .html`, 'write -o report.html');
}

/** What became of a report, for people. */
export function reportText({ path, bytes, drawn, leftOut }: ReportMade): string {
  const missing = leftOut.length === 0 ? '' : `, ${leftOut.length} left out (the page says why)`;
  return `The report is in ${path}: ${counted(drawn.length, 'plot')}${missing}, ${formatBytes(bytes)}; open it in a browser`;
}

/**
 * Traces are folders, results of index games are files.
 * @throws Failure `bad-input` for a file that is no result
 */
export async function sortInputs(
  given: readonly string[],
): Promise<{ dirs: readonly string[]; games: readonly object[] }> {
  const [dirs, games]: [string[], object[]] = [[], []];
  for (const path of given) {
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => false, // whoever opens it as a trace says that it is not there
    );
    if (isFile) games.push(await readGame(path));
    else dirs.push(path);
  }
  return { dirs, games };
}

/** @throws Failure `bad-input` when it is not the result of an index game */
async function readGame(path: string): Promise<object> {
  const hint = 'name folders of traces, or what `kronflow index-game -o` wrote';
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Failure('bad-input', `${path} is neither a trace nor JSON`, hint, { cause: error });
  }
  const { scores, control } = (json ?? {}) as { scores?: unknown; control?: unknown };
  if (Array.isArray(scores) && typeof control === 'object') return json as object;
  throw new Failure('bad-input', `${path} is not the result of an index game`, hint);
}
