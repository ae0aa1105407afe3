import { pathText, placeText } from '../../pipelines/files/index.js';
import { rowText, type TestResult } from '../../pipelines/test-file/index.js';
import { isFailure, type Failure } from '../core/failure.js';

/** How one test went, for people: what was expected, what was found and where, or the error of the run itself. */
export function resultText({ name, passed, place, findings, error }: TestResult): string {
  if (passed) return `  ok      ${name}`;
  const lines = findings.flatMap(({ path, place: at, expected, found, row, more }) => [
    `${pathText(path)}: expected ${expected}, found ${found}`,
    ...(row === null ? [] : [`  in ${rowText(row)}${more > 0 ? `, and in ${more} more rows` : ''}`]),
    `  ${placeText(at)}`,
  ]);
  if (error !== null) lines.push(`the run failed: ${failureText(error)}`, `  ${placeText(place)}`);
  const indented = lines.flatMap((line) => line.split('\n')).map((line) => `          ${line}`);
  return [`  FAILED  ${name}`, ...indented].join('\n');
}

const FRAMES = 3;

/** An error in words. One that is no refusal is a fault of kronflow or of a plug-in: then where it was thrown. */
export function failureText(error: unknown): string {
  if (isFailure(error)) return error.message + causeText(error);
  if (!(error instanceof Error)) return String(error);
  return error.stack === undefined ? error.message : firstFrames(error.stack);
}

/** What a plug-in threw is the cause of the failure that names the plug-in; of other failures the cause is our own affair. */
function causeText({ code, cause }: Failure): string {
  if (isFailure(cause)) return causeText(cause);
  if (code !== 'plugin-failed' && code !== 'bad-plugin') return '';
  return cause instanceof Error && cause.stack !== undefined ? `\n  thrown: ${firstFrames(cause.stack)}` : '';
}

function firstFrames(stack: string): string {
  const lines = stack.split('\n');
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  return (first < 0 ? lines : lines.slice(0, first + FRAMES)).join('\n');
}
