import { Failure, type FailureCode } from '../../src/core/failure.js';
import { pathText, type Path, type Place } from './tree.js';

/** One mistake in a pipeline file: where it is, which value, which rule, what to do. */
export interface Problem {
  readonly code: FailureCode;
  readonly place: Place;
  /** Path in the file, such as caches[1].delta; empty for what concerns the whole file. */
  readonly path: Path;
  readonly value?: unknown;
  /** The value and the rule it breaks, in words. */
  readonly what: string;
  readonly hint: string;
}

/** The refusal of a pipeline file; programs read `problems`, people the message. */
export class PipelineFailure extends Failure {
  constructor(
    readonly problems: readonly Problem[],
    options?: ErrorOptions,
  ) {
    const [first, ...more] = problems;
    const [what, hint] =
      more.length === 0
        ? [problemText(first), first.hint]
        : [`${problems.length} mistakes\n${problems.map(withHint).join('\n')}`, undefined];
    super(first.code, what, hint, options);
  }
}

/** `file:line:column`, or the flag. */
export function placeText({ from, line, column }: Place): string {
  return line === null ? from : `${from}:${line}:${column}`;
}

function problemText({ place, path, what }: Problem): string {
  const at = pathText(path);
  const said = at === '' || what.startsWith(at) ? what : `${at}: ${what}`;
  return `${placeText(place)}: ${said}${codeFrame(place)}`;
}

function withHint(problem: Problem): string {
  return `${problemText(problem)}\n  hint: ${problem.hint}`;
}

const FRAME_COLUMNS = 100;

/** The line itself with a caret below it; nothing for a flag, or when the line is too long to read. */
function codeFrame({ line, column, text }: Place): string {
  if (line === null || column === null || text === null || text.length > FRAME_COLUMNS) return '';
  const margin = `  ${line} | `;
  // tabs are shown as arrows: what cannot be seen cannot be found
  const shown = text.trimEnd().replaceAll('\t', '→');
  return `\n${margin}${shown}\n${' '.repeat(margin.length - 2)}| ${' '.repeat(column - 1)}^`;
}
