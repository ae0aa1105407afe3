import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedStep } from '../../src/core/event.js';
import type { EntrySource } from '../../src/core/source.js';
import { temporaryFolder } from '../testing/folder.js';
import { openRecording } from './recording-file.js';
import { recordingSource } from './recording.js';
import { mayHold, selectionOf, type SelectionOptions } from './selection.js';
import { CONTAINERS, toTable, type Row } from './testing/recordings.js';

const [STREAMS, STEPS, LAYERS, HEADS, D] = [3, 40, 2, 3, 4];
const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);

/** Streams one after the other; the first number of every vector tells stream, pos, layer and head. */
function allRows(): Row[] {
  const rows: Row[] = [];
  for (let stream_id = 0; stream_id < STREAMS; stream_id++) {
    for (let step = 0; step < STEPS; step++) {
      for (let layer = 0; layer < LAYERS; layer++) {
        for (let head = 0; head < HEADS; head++) {
          const pos = 10 * step;
          const vector = () =>
            Array.from({ length: D }, (_, i) =>
              i === 0 ? 1000 * pos + 100 * stream_id + 10 * layer + head : i,
            );
          rows.push({
            stream_id,
            pos,
            layer,
            head,
            token_id: null,
            q: vector(),
            k1: vector(),
            k2: vector(),
            v1: vector(),
            v2: vector(),
          } as Row);
        }
      }
    }
  }
  return rows;
}

beforeAll(() => {
  const rows = allRows();
  for (const name of ['arrow-file', 'arrow-stream'] as const) {
    writeFileSync(at(name), CONTAINERS[name](toTable(rows, { batch: 70 })));
  }
  const metadata = new Map(
    Object.entries({ layers: LAYERS, heads: HEADS, d: D, order: 'tensor' }).map(([key, value]) => [
      `kronflow.${key}`,
      `${value}`,
    ]),
  );
  writeFileSync(at('parquet'), CONTAINERS.parquet(toTable(rows, { batch: 70, metadata }), 100));
});

const source = (name: string, options: SelectionOptions) =>
  recordingSource({ path: at(name), ...options })({ seed: 1, stdin: nothing() }) as EntrySource;
async function* nothing(): AsyncGenerator<Uint8Array> {}

async function read(name: string, options: SelectionOptions): Promise<RecordedStep[]> {
  const steps: RecordedStep[] = [];
  for await (const step of source(name, options).open()) steps.push(step);
  return steps;
}
const told = (steps: readonly RecordedStep[]) =>
  steps.flatMap(({ layers }) =>
    layers.flatMap(({ q, v2 }) => Array.from({ length: q.length / D }, (_, h) => [q[h * D], v2![h * D]])),
  );

const cases: readonly SelectionOptions[] = [
  { from: 100 },
  { to: 35 },
  { from: 55, to: 91 },
  { streams: '1' },
  { streams: '0,2', from: 380 },
  { layers: '1' },
  { heads: '0,2' },
  { streams: '1-2', layers: '0', heads: '1', from: 390 },
];

describe.each(['parquet', 'arrow-file', 'arrow-stream'] as const)('%s', (name) => {
  it.each(cases)('replays exactly what is selected: %j', async (options) => {
    const { from = 0, to = Infinity, streams, layers, heads } = options;
    const has = (text: string | undefined, n: number) =>
      text === undefined || text.replace('1-2', '1,2').split(',').includes(`${n}`);
    const expected = allRows().filter(
      (row) =>
        Number(row.pos) >= from &&
        Number(row.pos) < to &&
        has(streams, Number(row.stream_id)) &&
        has(layers, Number(row.layer)) &&
        has(heads, Number(row.head)),
    );
    const steps = await read(name, options);
    expect(told(steps)).toEqual(expected.map(({ q, v2 }) => [(q as number[])[0], (v2 as number[])[0]]));
    const shape = await source(name, options).shape();
    expect(steps[0].layers).toHaveLength(shape.layers);
    expect(steps.map(({ step }) => step)).toEqual(numbered(steps));
    if (name === 'parquet') expect(await source(name, options).count(1e9)).toBe(steps.length);
  });

  it('says so when nothing is selected', async () => {
    await expect(read(name, { streams: '7' })).rejects.toThrow(/no row is selected/);
  });
});

/** Steps of a stream count from 0, whatever was left out before them. */
function numbered(steps: readonly RecordedStep[]): number[] {
  const next = new Map<number, number>();
  return steps.map(({ streamId }) => {
    const step = next.get(streamId) ?? 0;
    next.set(streamId, step + 1);
    return step;
  });
}

it('leaves row groups unread whose statistics exclude them', async () => {
  const opened = await openRecording(at('parquet'));
  const groups = await opened.rowGroups!();
  expect(groups.map(({ rows }) => rows)).toEqual([100, 100, 100, 100, 100, 100, 100, 20]);
  const held = (options: SelectionOptions) =>
    groups.filter((group) => mayHold(selectionOf(options)!, group)).map(({ index }) => index);
  expect(held({ streams: '0' })).toEqual([0, 1, 2]);
  expect(held({ streams: '2', from: 390 })).toEqual([4, 7]); // the end of stream 1 shares a group with the start of stream 2
  expect(held({ layers: '5' })).toEqual([]);
  expect(held({ from: 100, to: 101 })).toEqual([0, 2, 3, 4, 5]); // 240 rows a stream
  await opened.close();
});

it.each([
  [{ from: 5, to: 5 }, /no position lies between/],
  [{ streams: '1,x' }, /streams = "1,x": must be numbers and ranges/],
  [{ heads: '3-1' }, /heads = "3-1": must be/],
  [{ layers: '0-4000' }, /more than 1024/],
  [{ layers: '2' }, /layers: .* has 2 of them \(0 to 1\), not 2/],
])('refuses %j', async (options, says) => {
  await expect(async () => read('parquet', options)).rejects.toThrow(says);
});
