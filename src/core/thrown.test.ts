import { expect, it } from 'vitest';
import { errorText } from './thrown.js';

const here = new URL('../../', import.meta.url).pathname;
const OURS = `at check (file://${here}operators/attend.ts:7:3)`;
const COPY = 'at append (file:///home/me/node_modules/kronflow/dist/workers/rows.js:8:3)';
const PACKAGE = 'at parse (/home/me/node_modules/zod/index.js:1:2)';
const THEIRS = 'at Object.append (file:///home/me/mine.js:12:5)';
const NODE = 'at node:internal/process/task_queues:103:5';

function thrown(...frames: readonly string[]): Error {
  const error = new TypeError('too long');
  error.stack = ['TypeError: too long', ...frames].join('\n    ');
  return error;
}

it.each([
  ['where they threw', [THEIRS, OURS], ' (mine.js:12:5)'],
  ['who called us wrongly', [NODE, OURS, THEIRS], ' (mine.js:12:5)'],
  ['who called another copy of us, or a package', [COPY, PACKAGE, THEIRS], ' (mine.js:12:5)'],
  ['a package that is the plug-in', [PACKAGE, OURS], ' (index.js:1:2)'],
  ['no place of ours, nor who stands between us', [NODE, OURS, PACKAGE, COPY], ''],
  ['a place of an example beside us', [`at file://${here}examples/a.js:3:1`, OURS], ' (a.js:3:1)'],
])('names %s', (_, frames, place) => {
  expect(errorText(thrown(...frames))).toBe(`TypeError: too long${place}`);
});

it.each([
  [undefined, 'undefined undefined'],
  ['no', 'string no'],
  [{ message: 3 }, '3'],
  [Object.create(null), ''],
])('says %j, which is no error', (what, text) => expect(errorText(what)).toBe(text));
