import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeInput, readChunks } from './input-file.js';
import { collect, failureOf, inChunks, tempFile, tempFolder, timesOpen } from './testing/bytes.js';
import { textSource } from './text.js';
import { ENCODINGS, loadTokenizer, VOCABULARY_SIZE } from './tokenizer.js';

const encoder = new TextEncoder();
const noStdin = inChunks(new Uint8Array(0));
const open_ = (options: Parameters<typeof textSource>[0], stdin: AsyncIterable<Uint8Array> = noStdin) =>
  textSource(options)({ seed: 1, stdin });
const idsOf = async (source: ReturnType<typeof open_>) =>
  (await collect(source.open())).map((event) => (event as { tokenId: number }).tokenId);

describe('text source', () => {
  it('gives one event per token, numbered from 0', async () => {
    const path = await tempFile('a.txt', 'Hello world, hello tokens.');
    const events = await collect(open_({ path }).open());
    expect(events.map(({ step, pos }) => [step, pos])).toEqual(events.map((_, i) => [i, i]));
    expect(events[0]).toEqual({ streamId: 0, step: 0, pos: 0, tokenId: 15496, prefill: false });
    expect(events).toHaveLength(6);
  });

  it('reads standard input for -, in which BOM and chunks make no difference', async () => {
    const text = '\ufeffnaïve 東京 😀 text';
    const stdin = inChunks(encoder.encode(text), [1]);
    const { encode } = await loadTokenizer('o200k');
    expect(await idsOf(open_({ path: '-', encoding: 'o200k' }, stdin))).toEqual(encode(text.slice(1)));
  });

  it('takes special tokens as ordinary text', async () => {
    const path = await tempFile('a.txt', 'a<|endoftext|>b <|im_start|> c');
    for (const encoding of ENCODINGS) {
      const ids = await idsOf(open_({ path, encoding }));
      expect(ids.length).toBeGreaterThan(10);
      expect(Math.max(...ids)).toBeLessThan(
        encoding === 'o200k' ? 199_999 : encoding === 'cl100k' ? 100_257 : 50_256,
      );
    }
  });

  it('describes the file before the first token', async () => {
    const content = encoder.encode('some text');
    const path = await tempFile('a.txt', content);
    expect(await open_({ path, encoding: 'cl100k' }).describe()).toEqual({
      path,
      bytes: 9,
      sha256: createHash('sha256').update(content).digest('hex'),
      encoding: 'cl100k',
      vocabulary_size: 100_277,
    });
    expect(await open_({ path: '-' }).describe()).toMatchObject({ path: '-', bytes: null, sha256: null });
  });

  it('counts tokens up to a limit, in files only', async () => {
    const path = await tempFile('a.txt', 'one two three four five');
    expect(await open_({ path }).count(100)).toBe(5);
    expect(await open_({ path }).count(3)).toBe(3);
    const stdin = inChunks(encoder.encode('one two'));
    expect(await open_({ path: '-' }, stdin).count(100)).toBeNull();
    expect(stdin.seen.pulled).toBe(0);
  });

  it('leaves a pipe alone until it is opened', async () => {
    const path = join(await tempFolder(), 'pipe');
    execFileSync('mkfifo', [path]);
    const source = open_({ path });
    expect(await source.describe()).toMatchObject({ bytes: null, sha256: null });
    expect(await source.count(10)).toBeNull();
    const [ids] = await Promise.all([idsOf(source), writeFile(path, 'one two')]);
    expect(ids).toHaveLength(2);
  });

  it('is lazy: an endless input is pulled only as far as tokens are taken, then closed', async () => {
    const seen = { pulled: 0, stopped: false };
    async function* endless() {
      try {
        for (;;) {
          seen.pulled++;
          yield encoder.encode('ten words of text to be read on and on. ');
        }
      } finally {
        seen.stopped = true;
      }
    }
    let taken = 0;
    for await (const event of open_({ path: '-' }, endless()).open()) if ((taken = event.step) === 39) break;
    expect(taken).toBe(39);
    expect(seen).toEqual({ pulled: 4, stopped: true }); // ten tokens a chunk
  });

  it('reads a file chunk by chunk and closes it when the reader stops early', async () => {
    const path = await tempFile('a.txt', 'word '.repeat(100_000));
    const held: (number | null)[] = [];
    for await (const event of open_({ path }).open()) {
      held.push(await timesOpen(path));
      if (event.step === 2) break;
    }
    held.push(await timesOpen(path));
    if (held[0] !== null) expect(held).toEqual([1, 1, 1, 0]);
    const chunks = readChunks(path, 10);
    expect((await chunks.next()).value).toHaveLength(10);
    await chunks.return(undefined);
  });

  const shakespeare = new URL('../../../shared/data/text/tinyshakespeare.txt', import.meta.url);
  it.skipIf(!existsSync(shakespeare))('tokenises Shakespeare as a whole, in odd chunks', async () => {
    const bytes = await readFile(shakespeare);
    for (const encoding of ENCODINGS) {
      const { encode } = await loadTokenizer(encoding);
      const ids = await idsOf(open_({ path: '-', encoding }, inChunks(bytes, [1013, 7, 64_000])));
      expect(ids.length).toBeGreaterThan(200_000);
      expect(ids.join()).toBe(encode(bytes.toString()).join()); // toEqual takes seconds on arrays of this length
    }
  });
});

describe('text source refuses', () => {
  it.each(['', '\ufeff'])('empty text (%j)', async (content) => {
    const path = await tempFile('empty.txt', content);
    for (const work of [() => collect(open_({ path }).open()), () => open_({ path }).count(5)]) {
      expect(await failureOf(work)).toMatchObject({
        code: 'bad-input',
        what: expect.stringContaining('empty.txt is empty'),
      });
    }
  });

  it('empty standard input, by name', async () => {
    const failure = await failureOf(() => collect(open_({ path: '-' }).open()));
    expect(failure).toMatchObject({
      code: 'bad-input',
      what: expect.stringContaining('standard input is empty'),
    });
  });

  it('invalid UTF-8, with file and offset', async () => {
    const path = await tempFile('bad.txt', Uint8Array.from([...encoder.encode('good text '), 0xe9, 0x20]));
    const failure = await failureOf(() => collect(open_({ path }).open()));
    expect(failure).toMatchObject({ code: 'bad-input', what: `${path}: byte 10 (0xe9) is not valid UTF-8` });
  });

  it('a missing file, with near names', async () => {
    const path = await tempFile('prose.txt', 'x');
    const missing = path.replace('prose', 'prosa');
    for (const work of [() => collect(open_({ path: missing }).open()), () => describeInput(missing)]) {
      const failure = await failureOf(work);
      expect(failure).toMatchObject({
        code: 'not-found',
        what: expect.stringContaining('prosa.txt does not exist'),
      });
      expect(failure.hint).toContain('"prose.txt"');
    }
    expect((await failureOf(() => describeInput('/no/such/folder/a.txt'))).hint).toContain(
      '/no/such/folder does not exist',
    );
    expect((await failureOf(() => describeInput(`${path}/a.txt`))).code).toBe('not-found');
  });

  it('a folder', async () => {
    const path = join(await tempFolder(), 'texts');
    await mkdir(path);
    for (const work of [() => collect(open_({ path }).open()), () => open_({ path }).describe()]) {
      expect(await failureOf(work)).toMatchObject({ code: 'bad-input', what: `${path} is a folder` });
    }
  });

  it('an encoding it does not know', async () => {
    const failure = await failureOf(() => textSource({ path: 'a.txt', encoding: 'gpt2' as 'r50k' }));
    expect(failure).toMatchObject({ code: 'bad-option', what: expect.stringContaining('encoding = "gpt2"') });
  });
});

describe('tokenizer', () => {
  it('has ids below the vocabulary size, special tokens included', async () => {
    expect(VOCABULARY_SIZE.r50k).toBe((await import('gpt-tokenizer/encoding/r50k_base')).vocabularySize);
    for (const encoding of ENCODINGS) {
      const { vocabularySize, encode } = await loadTokenizer(encoding);
      expect(vocabularySize).toBe(VOCABULARY_SIZE[encoding]);
      expect(Math.max(...encode('the quick brown fox 東京 😀'))).toBeLessThan(vocabularySize);
    }
  });
});
