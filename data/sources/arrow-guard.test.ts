import { open } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { collect, failureOf, tempFile } from './testing/bytes.js';
import { CONTAINERS, makeRows, openSource, toTable } from './testing/recordings.js';
import { guardArrow } from './arrow-guard.js';

const table = toTable(makeRows({ n: 6, layers: 1, heads: 2, d: 4 }), { batch: 4 });
const EOS = Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

/** Bytes where messages of a stream start, the end included. */
function messages(bytes: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 0; at >= 0; at = bytes.indexOf(EOS.subarray(0, 4), at + 4)) if (at % 8 === 0) starts.push(at);
  return starts;
}

async function guard(bytes: Uint8Array, isFile: boolean): Promise<void> {
  const handle = await open(await tempFile('x.arrow', bytes));
  try {
    await guardArrow(handle, 'x.arrow', bytes.length, isFile);
  } finally {
    await handle.close();
  }
}

describe('guardArrow', () => {
  it('lets sound files and streams pass', async () => {
    await guard(CONTAINERS['arrow-stream'](table), false);
    await guard(CONTAINERS['arrow-file'](table), true);
  });

  it('finds an end in the middle, behind which rows would be lost', async () => {
    const bytes = Buffer.from(CONTAINERS['arrow-stream'](table));
    EOS.copy(bytes, messages(bytes)[2]);
    const path = await tempFile('x.arrow', bytes);
    const failure = await failureOf(() => collect(openSource(path).open()));
    expect(failure).toMatchObject({
      code: 'bad-recording',
      what: expect.stringMatching(/x\.arrow: .*it ends at byte \d+, but has/),
    });
  });

  it('finds a footer that leaves out a batch', async () => {
    const bytes = Buffer.from(CONTAINERS['arrow-file'](table));
    const footer = bytes.subarray(
      bytes.length - 10 - bytes.readInt32LE(bytes.length - 10),
      bytes.length - 10,
    );
    // the list of three blocks: its length stands before offsets that grow by the size of a batch
    const at = Array.from({ length: footer.length - 28 }, (_, i) => i).find(
      (i) =>
        footer.readUInt32LE(i) === 3 &&
        footer.readBigInt64LE(i + 4) >= 8n &&
        footer.readBigInt64LE(i + 4) < BigInt(bytes.length) &&
        footer.readInt32LE(i + 12) > 0,
    )!;
    footer.writeUInt32LE(2, at);
    expect((await failureOf(() => guard(bytes, true))).what).toMatch(/lists 2 batches, but there are 3/);
  });

  it.each([
    ['rows', 6n, 1n << 40n, /batch of 1099511627776 rows|column .* 1099511627776 rows/],
    ['rows', 4n, 5n, /has 4 rows .* where 5 rows are|a buffer of/],
  ])('finds more %s than there are bytes for', async (_, was, is, words) => {
    const bytes = Buffer.from(
      CONTAINERS['arrow-stream'](
        toTable(makeRows({ n: Number(was) / 2, layers: 1, heads: 2, d: 4 }), { batch: 100 }),
      ),
    );
    const metadata = messages(bytes)[1];
    let found = 0;
    for (let at = metadata; at < metadata + 8 + bytes.readInt32LE(metadata + 4) - 8 && found === 0; at += 4)
      if (bytes.readBigInt64LE(at) === was) found = bytes.writeBigInt64LE(is, at);
    expect(found).toBeGreaterThan(0);
    expect((await failureOf(() => guard(bytes, false))).what).toMatch(words);
  });

  it('finds a message longer than the file, and one that is none', async () => {
    const bytes = Buffer.from(CONTAINERS['arrow-stream'](table));
    bytes.writeInt32LE(0x7fffffff, messages(bytes)[1] + 4);
    expect((await failureOf(() => guard(bytes, false))).what).toMatch(/a message of 2147483647 bytes/);
    bytes.writeInt32LE(7, messages(bytes)[1]);
    expect((await failureOf(() => guard(bytes, false))).what).toMatch(/no message starts at byte|a message/);
  });
});
