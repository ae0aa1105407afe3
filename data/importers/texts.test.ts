import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TokenEvent } from '../../src/core/event.js';
import { collect, failureOf, inChunks, tempFolder } from '../sources/testing/bytes.js';
import { loadTokenizer } from '../sources/tokenizer.js';
import { tokensSource } from '../sources/tokens.js';
import { importFiles } from './import-files.js';
import { NOTHING_SAID } from './importer.js';
import { importers } from './index.js';
import { importTable } from './testing/imports.js';

const open = (path: string) => tokensSource({ path })({ seed: 1, stdin: inChunks(new Uint8Array(0)) });
const eventsOf = async (path: string) => (await collect(open(path).open())) as TokenEvent[];
const byStream = (events: readonly TokenEvent[], stream: number) =>
  events.filter(({ streamId }) => streamId === stream).map(({ tokenId }) => tokenId);
const { encode } = await loadTokenizer('r50k');

describe('texts become streams of tokens', () => {
  it('a stream a file, in turns; arrow and parquet alike', async () => {
    const files = { 'a.txt': 'one two three four', 'b.txt': 'five', 'c.txt': 'six seven' };
    for (const output of ['out.arrow', 'out.parquet']) {
      const { output: path, table } = await importTable(files, {}, output);
      expect(table).toBe('tokens');
      const events = await eventsOf(path);
      Object.values(files).forEach((text, stream) => expect(byStream(events, stream)).toEqual(encode(text)));
      expect(events.slice(0, 4).map(({ streamId }) => streamId)).toEqual([0, 1, 2, 0]);
      expect(events.every(({ pos, step }) => pos === step)).toBe(true);
      expect(await open(path).describe()).toMatchObject({ encoding: 'r50k', vocabulary_size: 50257 });
    }
  });

  it('a stream a line of a field, so many at a time', async () => {
    const texts = ['alpha beta', 'gamma', 'delta epsilon zeta', 'eta theta'];
    const file = { 'q.jsonl': texts.map((question, i) => JSON.stringify({ id: i, question })).join('\n') };
    const { output, lost } = await importTable(file, { field: 'question', together: 2 });
    const events = await eventsOf(output);
    texts.forEach((text, stream) => expect(byStream(events, stream)).toEqual(encode(text)));
    expect(lost).toContain('field id');
    const open = new Set<number>();
    for (const { streamId, pos } of events) {
      open.add(streamId);
      if (pos === encode(texts[streamId]).length - 1) open.delete(streamId);
      expect(open.size).toBeLessThanOrEqual(2);
    }
  });

  it.each([
    [{ 'q.jsonl': '{"a": "x"}' }, {}, /which field/],
    [{ 'q.jsonl': '{"a": "x"}\n{"b": "x"}' }, { field: 'a' }, /line 2, a is missing/],
    [{ 'q.jsonl': '{"a": "x"}\n{"a": 5}' }, { field: 'a' }, /line 2, a is 5/],
    [{ 'q.jsonl': '{"a": "x"}\n{"a": ""}' }, { field: 'a' }, /line 2 of .*no tokens/],
    [{ 'a.txt': 'x', 'b.txt': '' }, {}, /b\.txt: it has no tokens/],
  ])('%o is refused', async (files, options, words) => {
    const failure = await failureOf(() => importTable(files as Record<string, string>, options));
    expect(failure.what).toMatch(words);
  });

  const gsm8k = fileURLToPath(new URL('../../../shared/data/text/gsm8k_test.jsonl', import.meta.url));
  it.skipIf(!existsSync(gsm8k))('GSM8K is imported whole: 1,319 questions', async () => {
    const output = `${await tempFolder()}/out.arrow`;
    await importFiles(importers, [gsm8k], output, { ...NOTHING_SAID, field: 'question' });
    expect(new Set((await eventsOf(output)).map(({ streamId }) => streamId)).size).toBe(1319);
  });
});
