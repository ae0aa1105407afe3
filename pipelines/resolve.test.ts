import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTAINERS, makeRows, toTable } from '../data/sources/testing/recordings.js';
import { temporaryFolder } from '../data/testing/folder.js';
import { Failure } from '../src/core/failure.js';
import { describeRun } from './describe-run.js';
import { resolveRun, type RunRequest } from './resolve.js';
import { request } from './testing/small-run.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const ids = (path: string) => ({ name: 'ids', options: { path } });
const recording = (name: string) => ({ name: 'recording', options: { path: at(name) } });
const TWO: Parameters<typeof request>[2] = [['two-cache']];
const SIZE = { d: 8, heads: 1 };

beforeAll(() => {
  const write = (name: string, text: string | Uint8Array) => writeFileSync(at(name), text);
  write('ids.txt', '1 2 3 4 5');
  for (const [name, streams] of [
    ['one', 1],
    ['three', 3],
  ] as const) {
    const rows = makeRows({ n: 30, streams, layers: 1, heads: 1, d: 8 });
    write(`${name}.parquet`, CONTAINERS.parquet(toTable(rows)));
    write(`${name}.arrows`, CONTAINERS['arrow-stream'](toTable(rows)));
  }
  const skewed = makeRows({ n: 20, streams: 2, layers: 2, heads: 3, d: 8 }).filter(
    ({ stream_id, pos }) => stream_id === 0 || Number(pos) < 5,
  );
  write('skewed.parquet', CONTAINERS.parquet(toTable(skewed)));
});
afterAll(() => folder.remove());

/** Resolve, and say what it was refused with. */
async function refusal(asked: RunRequest, stdin: AsyncIterable<Uint8Array> = nothing()): Promise<Failure> {
  const failed: unknown = await resolveRun(asked, stdin).then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (failed instanceof Failure) return failed;
  throw failed as Error;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

it('names the option of --sparsity that was meant', async () => {
  const asked = { ...request(ids(at('ids.txt')), SIZE, TWO), sparsity: { evry: 3 } } as RunRequest;
  const { code, what, hint } = await refusal(asked);
  expect({ code, what }).toEqual({ code: 'bad-option', what: 'sparsity: unknown option "evry"' });
  expect(hint).toContain('did you mean "every"');
});

describe('what cannot fit is refused before it starts', () => {
  it('several streams: each has its own caches', async () => {
    const source = { name: 'gaussian', options: { n: 50, streams: 8, d: 4, heads: 1 } };
    const asked = request(source, {}, [['four-cache']], { memory: 8192, reference: 'none' });
    expect(await refusal(asked)).toMatchObject({
      code: 'out-of-memory',
      hint: expect.stringContaining('--tokens 128'),
    });
    await resolveRun({ ...asked, tokens: 128 }, nothing());
    await resolveRun({ ...asked, memory: 8 * 50 * 64 }, nothing());
  });

  it('a replay, by formula, with its number and the largest n', async () => {
    // (2·n²·8 + 4·n·8)·4 = 64·n² + 128·n, and 128·n of the reference: 768 at n = 2, 1344 at 3, 65280 at 30
    const asked = request(recording('one.parquet'), {}, TWO, { memory: 2048 });
    const { code, what, hint } = await refusal(asked);
    expect(code).toBe('out-of-memory');
    expect(what).toMatch(/two-cache would take 60\.0 KiB at n = 30, d = 8: bytes = \(2·n²·d/);
    expect(hint).toMatch(/^the largest n that fits is 4: pass --tokens 4/);
    expect((await resolveRun({ ...asked, tokens: 4 }, nothing())).steps).toBe(4);
    await refusal({ ...asked, tokens: 5 });
  });

  it('a replay of streams as long as the recording says', async () => {
    // turns of three streams: 30 steps each; the skewed one has 20 and 5, of 2 layers × 3 heads
    const cost = (n: number) => 64 * n * n + 128 * n + 128 * n;
    const three = request(recording('three.parquet'), {}, TWO, { memory: 3 * cost(30) });
    expect((await resolveRun(three, nothing())).steps).toBe(90);
    await refusal({ ...three, memory: 3 * cost(30) - 1 });
    const skewed = request(recording('skewed.parquet'), {}, TWO, { memory: 6 * (cost(20) + cost(5)) });
    expect((await resolveRun(skewed, nothing())).steps).toBe(25);
    expect((await refusal({ ...skewed, memory: 6 * (cost(20) + cost(5)) - 1 })).hint).toContain(
      '--tokens 24',
    );
  });

  it('what only reading to the end would tell starts, and the ledger watches', async () => {
    const arrow = await resolveRun(request(recording('one.arrows'), {}, TWO, { memory: 2048 }), nothing());
    expect(arrow.steps).toBeNull();
    const stdin = request(ids('-'), SIZE, TWO, { memory: 4096, tokens: 3000 });
    expect((await resolveRun(stdin, nothing())).steps).toBeNull();
  });

  it('--tokens may be more than there are', async () => {
    const asked = request(ids(at('ids.txt')), SIZE, TWO, { memory: 4096, tokens: 3000 });
    expect((await resolveRun(asked, nothing())).steps).toBe(5);
  });

  it('projection weights that no array holds', async () => {
    const { code, what } = await refusal(request(ids(at('ids.txt')), { heads: 1024, d: 256 }, [['window']]));
    expect(code).toBe('out-of-memory');
    expect(what).toMatch(/^projection weights would take 1\.25 TiB/);
  });
});

it('a long text is not counted to its end when no n could be refused', async () => {
  writeFileSync(at('long.txt'), '7 '.repeat(1_050_000));
  const asked = request(ids(at('long.txt')), SIZE, [['window']], { reference: 'none' });
  expect((await resolveRun(asked, nothing())).steps).toBeNull();
});

it('a value that JSON does not know is called by its name', async () => {
  const { what } = await refusal(request(ids(at('ids.txt')), { ...SIZE, scale: NaN }, TWO));
  expect(what).toMatch(/^model\.scale = NaN: /);
});

describe('the id of a run', () => {
  const idOf = async (source: RunRequest['source'], model = {}) =>
    describeRun(
      await resolveRun(request(source, model, [['window']]), nothing()),
      { threads: 1 },
      'reference',
    ).run_id;

  it('is that of what was read, wherever it lay', async () => {
    copyFileSync(at('ids.txt'), at('copy.txt'));
    copyFileSync(at('one.parquet'), at('recording.parquet'));
    writeFileSync(at('other.txt'), '1 2 3 4 6');
    expect(await idOf(ids(at('copy.txt')))).toBe(await idOf(ids(at('ids.txt'))));
    expect(await idOf(ids(at('other.txt')))).not.toBe(await idOf(ids(at('ids.txt'))));
    expect(await idOf(recording('.'))).toBe(await idOf(recording('one.parquet')));
    expect(await idOf(recording('three.parquet'))).not.toBe(await idOf(recording('one.parquet')));
  });

  it('knows a file of weights by what is in it', async () => {
    for (const [name, text] of [
      ['a', 'x'],
      ['b', 'x'],
      ['c', 'y'],
    ])
      writeFileSync(at(name), text);
    const [a, b, c] = await Promise.all(
      ['a', 'b', 'c'].map((weights) => idOf(ids(at('ids.txt')), { weights: at(weights) })),
    );
    expect(b).toBe(a);
    expect(c).not.toBe(a);
    expect(await idOf(ids(at('ids.txt')))).not.toBe(a);
  });
});
