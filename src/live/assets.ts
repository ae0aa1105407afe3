import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../core/failure.js';
import { page, style } from './page.js';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: string | Buffer;
}

const SCRIPT = 'text/javascript; charset=utf-8';
/** Modules of ours that the page runs, as they lie under `src`; they import nothing but each other. */
const MODULES = [
  'live/browser/main.js',
  'live/browser/draw.js',
  'live/browser/words.js',
  'core/format.js',
  'report/look.js',
];
/** The interpreter imports this name; the page has it from vega itself. */
const UTIL = 'export const { ascending, isString, DisallowedObjectProperties } = globalThis.vega;\n';

/**
 * Everything that the page loads, by path. Nothing else is ever read, whatever a request names.
 * @throws Failure `not-found` when a library is missing
 */
export function pageAssets(): ReadonlyMap<string, Asset> {
  const modules = MODULES.map((path) => [path, { type: SCRIPT, body: ours(path) }] as const);
  return new Map([
    ['', { type: 'text/html; charset=utf-8', body: page() }],
    ['style.css', { type: 'text/css; charset=utf-8', body: style() }],
    ['vega.js', { type: SCRIPT, body: theirs('vega', 'vega.min.js') }],
    ['vega-lite.js', { type: SCRIPT, body: theirs('vega-lite', 'vega-lite.min.js') }],
    ['vega-interpreter.js', { type: SCRIPT, body: interpreter() }],
    ['vega-util.js', { type: SCRIPT, body: UTIL }],
    ...modules,
  ]);
}

/** Vega compiles its expressions with `Function`, which the page forbids; this interprets them. */
function interpreter(): string {
  return theirs('vega-interpreter', 'vega-interpreter.js')
    .toString()
    .replace("'vega-util'", "'./vega-util.js'");
}

function theirs(name: string, file: string): Buffer {
  try {
    return readFileSync(join(dirname(createRequire(import.meta.url).resolve(name)), file));
  } catch (error) {
    const what = `--watch needs the package ${name}, which is not installed here`;
    throw new Failure('not-found', what, `npm install ${name}, or leave --watch out`, { cause: error });
  }
}

function ours(path: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)));
}
