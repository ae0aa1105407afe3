import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idsSource } from './ids.js';
import { collect, failureOf, inChunks, tempFile } from './testing/bytes.js';

const encoder = new TextEncoder();
const read = (text: string, sizes?: number[], encoding: 'r50k' | 'o200k' = 'r50k') =>
  collect(
    idsSource({ path: '-', encoding })({ seed: 1, stdin: inChunks(encoder.encode(text), sizes) }).open(),
  );

describe('ids source', () => {
  it('reads what was written, whatever separates the ids and splits the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 50_256 }), fc.constantFrom(' ', '\n', '\r\n', '\t  ')), {
          minLength: 1,
        }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
        async (pairs, sizes) => {
          const events = await read(pairs.flat().join(''), sizes);
          expect(events.map((event) => (event as { tokenId: number }).tokenId)).toEqual(
            pairs.map(([id]) => id),
          );
        },
      ),
    );
  });

  it('describes and counts a file', async () => {
    const path = await tempFile('ids.txt', '5 6 7\n8 9');
    const source = idsSource({ path })({ seed: 1, stdin: inChunks(new Uint8Array(0)) });
    expect(await source.describe()).toMatchObject({
      path,
      bytes: 9,
      encoding: 'r50k',
      vocabulary_size: 50_257,
    });
    expect([await source.count(100), await source.count(2)]).toEqual([5, 2]);
    expect(
      await idsSource({ path: '-' })({ seed: 1, stdin: inChunks(encoder.encode('1')) }).count(9),
    ).toBeNull();
  });

  it.each([
    ['an id outside the vocabulary', '1 2\n3\n50257 4', 'line 3', '"50257"', '50257 in all'],
    ['a negative id', '-1', 'line 1', '"-1"', '0 to 50256'],
    ['a fraction', '7\n1.5', 'line 2', '"1.5"', 'r50k'],
    ['a word', '1 two', 'line 1', '"two"', 'r50k'],
    ['a hexadecimal number', '0x10', 'line 1', '"0x10"', 'r50k'],
    ['a word without end', `1\n${'9'.repeat(500)}`, 'line 2', `"${'9'.repeat(32)}…"`, 'r50k'],
  ])('refuses %s', async (_, text, ...words) => {
    for (const sizes of [[2], [1000]]) {
      const failure = await failureOf(() => read(text, sizes));
      expect(failure.code).toBe('bad-input');
      for (const word of ['standard input', ...words]) expect(failure.what).toContain(word);
    }
  });

  it('accepts the same id in a larger vocabulary', async () => {
    expect(await read('50257', undefined, 'o200k')).toHaveLength(1);
  });

  it.each(['', ' \n\n '])('refuses an input without ids (%j)', async (text) => {
    expect(await failureOf(() => read(text))).toMatchObject({
      code: 'bad-input',
      what: 'standard input holds no token ids',
    });
  });

  it('stops reading at once when the reader stops', async () => {
    const stdin = inChunks(encoder.encode('1 2 3 '.repeat(1000)), [6]);
    for await (const event of idsSource({ path: '-' })({ seed: 1, stdin }).open())
      if (event.step === 5) break;
    expect(stdin.seen).toEqual({ pulled: 2, stopped: true });
  });
});
