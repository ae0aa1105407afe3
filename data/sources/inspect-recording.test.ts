import { describe, expect, it } from 'vitest';
import { tempFile } from './testing/bytes.js';
import { CONTAINERS, makeRows, toTable } from './testing/recordings.js';
import { inspectRecording } from './inspect-recording.js';

const write = (
  rows: ReturnType<typeof makeRows>,
  format: keyof typeof CONTAINERS,
  metadata = new Map<string, string>(),
) => tempFile(`r.${format}`, CONTAINERS[format](toTable(rows, { metadata })));

describe('inspectRecording', () => {
  it.each(['parquet', 'arrow-file', 'arrow-stream'] as const)(
    'tells sizes and streams, %s',
    async (format) => {
      const metadata = new Map([
        ['kronflow.lift', 'self'],
        ['kronflow.scale', '0.5'],
      ]);
      const path = await write(makeRows({ n: 4, streams: 2, layers: 2, heads: 3, d: 4 }), format, metadata);
      const found = await inspectRecording(path);
      expect(found).toMatchObject({ table: 'recording', format, rows: 48, told: { lift: 'self' } });
      expect(found.shape).toEqual({ layers: 2, heads: 3, d: 4, order: 'tensor', scale: 0.5 });
      expect(found.streams).toEqual([
        { stream_id: 0, rows: 24 },
        { stream_id: 1, rows: 24 },
      ]);
    },
  );

  it('estimates R from the last query, in both orders', async () => {
    const small = (order: string) => makeRows({ n: 3, layers: 1, heads: 1, d: 2, order });
    const keys = [
      [1, 0],
      [0, 2],
      [1, 1],
    ];
    const values = (row: (typeof keys)[number]) => ({ q: [2, 1], k1: row, v1: row });
    const matrix = small('matrix').map((row, i) => ({ ...row, ...values(keys[i]) }));
    const std = (scores: readonly number[]) => {
      const mean = scores.reduce((a, b) => a + b) / scores.length;
      return Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / scores.length);
    };
    const one = await inspectRecording(await write(matrix, 'parquet'));
    expect(one.score_std).toEqual({ value: expect.closeTo(std([2, 2, 3]), 6), steps: 3 });
    const tensor = small('tensor').map((row, i) => ({
      ...row,
      ...values(keys[i]),
      k2: keys[i],
      v2: keys[i],
    }));
    const pairs = keys.flatMap(([a, b]) => keys.map(([x, y]) => 2 * a * x + b * y));
    const two = await inspectRecording(await write(tensor, 'parquet'));
    expect(two.score_std!.value).toBeCloseTo(std(pairs), 6);
  });
});
