import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { token } from '../operators/testing/test-run.js';
import { promptGroups } from './prompt-groups.js';
import { request, smallRun } from './testing/small-run.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const text = (words: string) => {
  const path = join(folder.path, 'text.txt');
  writeFileSync(path, words);
  return { name: 'text', options: { path } };
};

it('groups the tokens of a prompt, at most 64, and no other', async () => {
  const tokens = Array.from({ length: 135 }, (_, step) => token(step, { prefill: step < 130 }));
  const groups: (readonly { step: number }[])[] = [];
  for await (const group of promptGroups(tokens)) groups.push(group);
  expect(groups.map(({ length }) => length)).toEqual([64, 64, 2, 1, 1, 1, 1, 1]);
  expect(groups.flat()).toEqual(tokens);
});

it('reads one token at a time once the prompt is over, and a prompt of a few tokens to its end (L7)', async () => {
  const ahead: number[] = [];
  let [read, written] = [0, 0];
  const source = text('one two three four five six seven eight nine ten');
  await smallRun(request(source, { d: 4, heads: 1, layers: 2 }, [['four-cache']], { prompt: 3, tokens: 8 }), {
    onRead: (count) => void (read = count),
    onWrite: () => void ahead.push(read - ++written),
  });
  expect(ahead).toEqual([3, 2, 1, 0, 0, 0, 0, 0]);
});

it('gives the rows that one token at a time gives, through layers (L6)', async () => {
  const source = text('a prompt that is longer than one group of tokens '.repeat(10));
  const run = (prompt: number) =>
    smallRun(request(source, { d: 4, heads: 2, layers: 2 }, [['four-cache']], { prompt, tokens: 80 }));
  const [grouped, single] = [await run(70), await run(0)];
  const asked = single.outputs.filter(({ step }) => step >= 70);
  expect(grouped.outputs.filter(({ step }) => step >= 70)).toEqual(asked);
  expect(asked.length).toBeGreaterThan(10);
});
