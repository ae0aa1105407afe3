import { describe, expect, it } from 'vitest';
import type { Purpose, Rows } from '../../src/core/memory.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../../workers/index.js';
import { packedRows } from './keeping/packed-rows.js';
import { quantised } from './quantised.js';
import { quantisedSide } from './keeping/quantised-side.js';
import { startTrial, type Trial } from './testing/harness.js';
import { relativeError } from './testing/law.js';
import { referenceAttention } from './testing/reference.js';
import { makeStream } from './testing/streams.js';

/** Give `trial` tokens of matrix order. */
function feed(trial: Trial, tokens: readonly { k: readonly number[]; v: readonly number[] }[]): void {
  for (const { k, v } of tokens) {
    const [k1, v1] = [Float64Array.from(k), Float64Array.from(v)];
    trial.append({ q: k1, k1, k2: null, v1, v2: null });
  }
}

/** Ask, and say what atoms the plan has. */
async function askedAtoms(trial: Trial, d: number) {
  await trial.ask(new Float64Array(d));
  const [job] = trial.cache.plan(new Float64Array(d)).jobs;
  if (job.kind !== 'rows') throw new Error('matrix order is asked by rows');
  return job.atoms;
}

describe.each(['f32', 'f64'] as const)('packed rows in %s', (dtype) => {
  const arena = SharedArena.create(dtype);
  const parts = {
    bytesPerNumber: arena.bytesPerNumber,
    rows: (width: number) => arena.rows(width, () => {}),
  };

  it('lays code j at the bits j·bits of its row', () => {
    const rows = packedRows(6, 8, parts);
    rows.append(Uint8Array.of(1, 2, 3, 255, 5, 6));
    const { words } = rows.snapshot();
    expect([...words].slice(0, 2)).toEqual([0xff030201 | 0, 0x0605]); // a NaN, read as a float32
  });

  it.each([2, 4, 8] as const)('gives back codes of %i bits, in a snapshot as well', (bits) => {
    const [rows, copy] = [packedRows(21, bits, parts), packedRows(21, bits, parts)];
    const random = randomStream(bits, 'codes');
    const all = Array.from({ length: 200 }, () =>
      Uint8Array.from({ length: 21 }, () =>
        random.below(3) === 0 ? 2 ** bits - 1 : random.below(2 ** bits),
      ),
    );
    all.forEach(rows.append);
    copy.restore(rows.snapshot());
    for (const each of [rows, copy]) {
      const found: Uint8Array[] = [];
      each.each((row, codes) => (found[row] = codes.slice()));
      expect(found).toEqual(all);
    }
  });
});

describe('quantised', () => {
  const shape = { d: 2, order: 'matrix', scale: 1, dtype: 'f64' } as const;

  it('rounds keys per channel over a group, values per token', async () => {
    const trial = startTrial(quantised({ bits: 2, group: 4, residual: 1 }), shape);
    const keys = [0, 1, 2, 4]; // least 0, step 4/3: levels 0, 4/3, 8/3, 4
    feed(
      trial,
      [...keys, 9].map((x) => ({ k: [x, 100 * x], v: [x, x + 3] })),
    );
    const plan = await askedAtoms(trial, 2);
    expect(plan.keys.spans.map(({ rows }) => rows)).toEqual([4, 1]); // one group decoded, one token as it came
    expect(trial.bytes()).toEqual({
      resident: 2 * (2 + 4) * 8, // one token of 2 numbers; 4 rows of codes, of one 8-byte number each
      metadata: (2 * 2 + 4 * 2) * 8, // least and step: of 2 channels in 1 group, of 4 values
      scratch: 2 * 4 * 2 * 8,
    });
    const state = trial.cache.snapshot();
    const words = [...state['side1.keyCodes.words']].filter((_, i) => i % 2 === 0);
    expect(words).toEqual([0b0000, 0b0101, 0b1010, 0b1111]); // the codes 0, 1, 2 (1.5 rounds up), 3 of both channels
    expect([...state['side1.rows.keyScales']]).toEqual([0, 0, 4 / 3, 400 / 3]);
    expect([...state['side1.rows.valueScales']]).toEqual(keys.flatMap((x) => [x, 1]));
    trial.release();
  });

  it('quantises whole groups only, and only when `residual` tokens are newer', () => {
    const trial = startTrial(quantised({ group: 4, residual: 5 }), shape);
    const codes = Array.from({ length: 18 }, (_, i) => {
      feed(trial, [{ k: [i, i], v: [i, i] }]);
      return trial.cache.snapshot()['side1.keyCodes.words'].length / 2;
    });
    expect(codes).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12]);
    trial.release();
  });

  it.each([8, 4, 2] as const)('decodes %i bits within half a step of what came', (bits) => {
    const [d, arena, scratch] = [40, SharedArena.create('f32'), [] as Rows[]];
    const rows = (width: number, purpose?: Purpose) => {
      const made = arena.rows(width, () => {});
      if (purpose === 'scratch') scratch.push(made);
      return made;
    };
    const random = randomStream(bits, 'tokens');
    const parts = { d, order: 'matrix', scale: 1, bytesPerNumber: 4, random, rows } as const;
    const side = quantisedSide({ bits, group: 16, residual: 0, channels: 32 }, parts);
    const row = () => Float32Array.from({ length: d }, () => random.gaussian());
    const tokens = Array.from({ length: 48 }, () => ({ k: row(), v: row() }));
    tokens.forEach(side.take);
    side.atoms();
    const [keys, values] = scratch;
    for (const [i, { k, v }] of tokens.entries()) {
      const group = tokens.slice(16 * Math.floor(i / 16), 16 * Math.floor(i / 16) + 16);
      for (let t = 0; t < d; t++) {
        const channel = group.map((token) => token.k[t]);
        const run = [...(t < 32 ? v.subarray(0, 32) : v.subarray(32))];
        expect(Math.abs(keys.read(i)[t] - k[t])).toBeLessThan(halfStep(channel, bits));
        expect(Math.abs(values.read(i)[t] - v[t])).toBeLessThan(halfStep(run, bits));
      }
    }
  });

  it.each([8, 4, 2] as const)('takes %i bits a number in shared memory, not more', (bits) => {
    const d = 40;
    const trial = startTrial(quantised({ bits, group: 16, residual: 0 }), { ...shape, d, dtype: 'f32' });
    feed(
      trial,
      Array.from({ length: 48 }, (_, i) => ({ k: Array(d).fill(i), v: Array(d).fill(i) })),
    );
    expect(trial.bytes()).toEqual({
      resident: 2 * 48 * Math.ceil((bits * d) / 32) * 4,
      metadata: 2 * (3 * d + 48 * 2) * 4, // 3 groups of keys; runs of 32 and of 8 channels
      scratch: 0, // nothing was asked yet
    });
    trial.release();
  });

  it('is nearer to exact attention with every bit more', async () => {
    const stream = makeStream({
      ...{ d: 16, n: 60, seed: 3, order: 'tensor', dtype: 'f32', scale: 1, maxScore: 5 },
      ...{ zeroKeys: 0, zeroValues: 0, repeats: 0 },
    });
    const exact = referenceAttention(stream, 60).output;
    const errors: number[] = [];
    for (const bits of [2, 4, 8] as const) {
      const trial = startTrial(quantised({ bits, group: 10, residual: 0 }), stream);
      for (const token of stream.tokens) trial.append(token);
      errors.push(relativeError((await trial.ask(stream.tokens[59].q)).output, exact));
      trial.release();
    }
    expect(errors[0]).toBeGreaterThan(3 * errors[1]); // steps are 5 and 17 times smaller
    expect(errors[1]).toBeGreaterThan(10 * errors[2]);
    expect(errors[2]).toBeLessThan(0.01);
  });

  it('makes no zero of a number that is none', async () => {
    const trial = startTrial(quantised({ group: 2, residual: 0 }), shape);
    feed(trial, [
      { k: [1, NaN], v: [1, 1] },
      { k: [2, 2], v: [1, 1] },
    ]);
    expect([...(await trial.ask(Float64Array.of(1, 1))).output]).toEqual([NaN, NaN]);
    trial.release();
  });

  it.each([
    { bits: 3 },
    { bits: 16 },
    { bits: 0 },
    { group: 1 },
    { group: 0 },
    { residual: -1 },
    { channels: 1 },
  ])('refuses %o', (options) => {
    expect(() => quantised(options as never)).toThrow(
      expect.objectContaining({ code: 'bad-option' }) as Error,
    );
  });
});

function halfStep(numbers: readonly number[], bits: number): number {
  return ((Math.max(...numbers) - Math.min(...numbers)) / (2 ** bits - 1) / 2) * 1.0001;
}
