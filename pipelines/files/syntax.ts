import type { Document } from 'yaml';
import type { Problem } from './problem.js';
import type { PlaceAt } from './tree.js';

type SyntaxError = Document['errors'][number] | Document['warnings'][number];
type Told = readonly [what: string, hint: string];

/** The first thing in a text that is not YAML, in words for people; null when all of it is. */
export function syntaxProblem(document: Document, text: string, placeAt: PlaceAt): Problem | null {
  const [error] = [...document.errors, ...document.warnings];
  if (error === undefined) return null;
  const problem = ([what, hint]: Told, offset = error.pos[0]): Problem => {
    return { code: 'bad-input', place: placeAt(offset), path: [], what, hint };
  };
  const told = TOLD[error.code]?.(error, text);
  if (told !== undefined) return problem(told, offsetOf(error, text));
  const deeper = deeperLine(document.errors, text);
  if (deeper !== null) return problem(DEEPER, deeper);
  return problem([error.message, 'see the line above too: YAML often notices a mistake late']);
}

const INDENT = 'write keys of one map in the same column, two spaces further in than the key above them';
const DEEPER: Told = [
  'this line is indented further than the one above, which has its value already',
  INDENT,
];
const ALONE: Told = ['this line begins in a column of its own: it belongs to nothing above', INDENT];
const QUOTE = 'put the value in quotes';

const TOLD: Readonly<Record<string, (error: SyntaxError, text: string) => Told | undefined>> = {
  TAB_AS_INDENT: () => ['a tab in the indentation: YAML takes only spaces there', 'put spaces, two a level'],
  BAD_INDENT: ({ message }) =>
    message.startsWith('All') ? ALONE : ['a bracket is opened above and not closed', 'close it with ] or }'],
  DUPLICATE_KEY: ({ pos }, text) => {
    const key = keyAt(text, pos[0]);
    const first = firstLineOf(key, text, pos[0]);
    return [`the key ${key} stands twice in one map${first}`, 'keep one of the two'];
  },
  MULTIPLE_DOCS: () => [
    'a second document begins here (---)',
    'one file holds one pipeline: remove the line, or split the file',
  ],
  TAG_RESOLVE_FAILED: () => ['a tag (!…) means nothing here', `remove it, or ${QUOTE}`],
  BAD_SCALAR_START: () => ['a value cannot begin with this character', QUOTE],
  MISSING_CHAR: ({ message }) =>
    message.includes('indicator')
      ? ALONE
      : [message.replace(/(["'])quote$/, '$1 at the end of a text'), 'close what was opened'],
  BLOCK_IN_FLOW: () => [
    'a comma is missing in front of this, or a bracket behind it',
    'separate values in [] and {} with commas',
  ],
  UNEXPECTED_TOKEN: ({ pos }, text) =>
    text.slice(0, pos[0]).endsWith('$')
      ? ['a variable inside { } or [ ] needs quotes', 'write "${NAME:default}"']
      : undefined,
  BLOCK_AS_IMPLICIT_KEY: ({ pos }, text) =>
    text.slice(pos[0], text.indexOf('\n', pos[0]) + 1 || undefined).includes(': ')
      ? ['two keys in one line', `begin a new line, or ${QUOTE}`]
      : undefined,
};

/** Of an error that is told, where to point. */
function offsetOf({ code, pos }: SyntaxError, text: string): number {
  const beforeSpaces = code === 'BAD_INDENT' || code === 'MISSING_CHAR';
  return beforeSpaces ? pos[0] + /^\s*/.exec(text.slice(pos[0]))![0].length : pos[0];
}

/** A line indented below a scalar is one long key to YAML; where that line begins. */
function deeperLine(errors: readonly SyntaxError[], text: string): number | null {
  const error = errors.find(({ code }) => code === 'MULTILINE_IMPLICIT_KEY');
  if (error === undefined) return null;
  const [, rest] = /^([^\n]*\n\s*)/.exec(text.slice(error.pos[0])) ?? [];
  return rest === undefined ? null : error.pos[0] + rest.length;
}

function keyAt(text: string, offset: number): string {
  return /^["']?([^\s:"']*)/.exec(text.slice(offset))![1];
}

/** In words, where a key of the same column stood before, if it had a line of its own. */
function firstLineOf(key: string, text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n');
  const indent = lines.pop()!.length;
  const at = lines.findLastIndex((line) => line.slice(indent).startsWith(`${key}:`));
  return at < 0 ? '' : `: first in line ${at + 1}, and here again`;
}
