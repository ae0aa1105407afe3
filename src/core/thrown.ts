import { Failure, isFailure, type FailureCode } from './failure.js';

/**
 * What was thrown, in one line, and where it was, as far as its stack says: `TypeError: x is not a function (mine.js:3:5)`.
 * Whatever a plug-in throws, also what is no error.
 */
export function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return `${typeof error} ${String(error)}`;
  const { name, message, stack, what } = error as Partial<Error> & { what?: unknown };
  const text = typeof what === 'string' ? what : String(message ?? '');
  const said = name === undefined || name === 'Error' || name === 'Failure' ? text : `${name}: ${text}`;
  const where = typeof stack === 'string' ? placeIn(stack) : null;
  return where === null ? said : `${said} (${where})`;
}

/** Folders of kronflow itself: here the sources or what was built of them; in another copy, what a package holds. */
const HOME = new URL('../../', import.meta.url).pathname;
const OURS = ['src', 'operators', 'pipelines', 'data', 'workers'];

/**
 * The first place of a stack that is neither Node's, nor ours, nor a package's, unless a package threw itself: then it is the
 * plug-in. FILE:LINE:COLUMN, or FILE:LINE of a syntax error; null when only we noticed: our own lines do not help who made it.
 */
function placeIn(stack: string): string | null {
  const places = [...stack.matchAll(/(?:file:\/\/)?(\/[^\s()]*?\.[cm]?[jt]s):(\d+(?::\d+)?)/g)];
  const own =
    places.find(([, path]) => !isOurs(path) && !path.includes('/node_modules/')) ??
    places.slice(0, 1).find(([, path]) => !isOurs(path));
  if (own === undefined) return null;
  const [, path, at] = own;
  return `${path.slice(path.lastIndexOf('/') + 1)}:${at}`;
}

function isOurs(path: string): boolean {
  if (path.includes('/node_modules/kronflow/')) return true;
  if (path.includes('/testing/')) return false; // plug-ins of our own tests
  return OURS.some((folder) => path.startsWith(`${HOME}${folder}/`));
}

/** What no plug-in is to blame for: its rows were refused because the machine, or the budget, has no more. */
const NOT_THEIRS: readonly FailureCode[] = ['out-of-memory', 'disk-full', 'not-writable', 'worker-lost'];

/**
 * The failure of a run in which a plug-in threw: `who` it is, and where in the run, and what it said itself.
 * What it is not to blame for is passed on as it is.
 */
export function pluginFailure(who: string, doing: string, error: unknown, hint?: string): Failure {
  const named = isFailure(error) && error.code === 'plugin-failed' && !('request' in error); // a task knows no cache
  if (named || (isFailure(error) && NOT_THEIRS.includes(error.code))) return error;
  const own = isFailure(error) ? error.hint : undefined;
  const advice = [own, hint].filter((text) => text !== undefined).join('; ') || undefined;
  return new Failure('plugin-failed', `${who}: ${doing}: ${errorText(error)}`, advice, { cause: error });
}
