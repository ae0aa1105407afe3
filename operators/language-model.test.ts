import { firstValueFrom, from, lastValueFrom, of, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { randomModel, SMALL } from '../data/weights/testing/random-model.js';
import { addResidual } from './add-residual.js';
import { choose } from './choose.js';
import { embedTokens } from './embed-tokens.js';
import { feedForward } from './feed-forward.js';
import { normalise } from './layer-norm.js';
import { predict } from './predict.js';
import { projected, stepByStep, testRun, token } from './testing/test-run.js';
import { releaseWindows } from './release-windows.js';
import { updateCaches } from './update-caches.js';

const model = randomModel();
const { dModel } = SMALL;
const row = (table: Float32Array, i: number) => table.subarray(i * dModel, (i + 1) * dModel);

describe('embedTokens', () => {
  const embedded = (rest: object) =>
    firstValueFrom(of(token(2, { tokenId: 65, ...rest })).pipe(embedTokens(model)));

  it('adds the rows of the token, of those before it, and of its position', async () => {
    const { x } = await embedded({ before: [66, 67] });
    const parts = [
      row(model.embed, 65),
      row(model.previous[0], 66),
      row(model.previous[1], 67),
      row(model.positions, 2),
    ];
    x.forEach((value, i) =>
      expect(value).toBeCloseTo(
        parts.reduce((sum, part) => sum + part[i], 0),
        6,
      ),
    );
  });

  it('takes as many of those before as there are', async () => {
    const first = await embedded({ step: 0, pos: 0, before: [] });
    expect(first.x[3]).toBeCloseTo(row(model.embed, 65)[3] + row(model.positions, 0)[3], 6);
    await expect(embedded({ before: [66] })).rejects.toThrow(RangeError);
  });

  it.each([
    [{ tokenId: 256 }, 'token id 256, and the model knows 256'],
    [{ tokenId: null }, 'no token id'],
    [{ pos: 16 }, 'position 16, and the context of the model ends at 16'],
  ])('refuses %j', async (rest, what) => {
    const at = { code: 'bad-input', what: expect.stringContaining(`stream 0, step 2: ${what}`) };
    await expect(embedded(rest)).rejects.toMatchObject(at);
  });
});

it('feedForward adds relu(norm(x) · up)² · down', async () => {
  const x = Float32Array.from({ length: dModel }, (_, i) => Math.sin(i));
  const layer = model.layers[0];
  const { x: after } = await firstValueFrom(of({ x }).pipe(feedForward({}, layer)));
  const normed = normalise(x);
  const expected = Float64Array.from(x);
  for (let h = 0; h < SMALL.hidden; h++) {
    let sum = 0;
    for (let i = 0; i < dModel; i++) sum += normed[i] * layer.up[i * SMALL.hidden + h];
    for (let i = 0; i < dModel; i++) expected[i] += Math.max(0, sum) ** 2 * layer.down[h * dModel + i];
  }
  after.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
  expect(x[1]).toBe(Math.fround(Math.sin(1))); // the event before is not changed
});

it('addResidual multiplies the outputs of all heads by the output matrix', async () => {
  const run = testRun({ d: 2 });
  const updates = run.caches.at(0, 0).map((held) => ({ held, update_ns: 0 }));
  const exact = [Float64Array.of(1, 2), Float64Array.of(3, 4)].map((output) => ({ output }) as never);
  const output = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 5); // (4 × 3)
  const event = { ...token(0), x: Float32Array.of(10, 20, 30), updates, exact, answers: null, errors: null };
  const after = await firstValueFrom(of(event).pipe(addResidual(run, { output })));
  expect([...after.x]).toEqual([10 + 1, 20 + 2, 30 + 3 + 4 * 5]); // [1 2 3 4] · output = [1 2 23]
});

describe('predict', () => {
  const events = [5, 9, 2].map((tokenId, step) => ({
    ...token(step, { tokenId }),
    ...{ rows: [], x: Float32Array.from({ length: dModel }, (_, i) => Math.cos(i * (step + 1))) },
  }));
  const through = (driver: string | null) =>
    lastValueFrom(from(events).pipe(predict({ predictions: new Map() }, { model, driver }), toArray()));

  it('says of every token but the first how surprised it was, by the logits of the step before', async () => {
    const [first, second] = await through('window');
    expect(first.rows).toEqual([]);
    const weights = [...first.logits].map(Math.exp);
    const p = weights[9] / weights.reduce((sum, weight) => sum + weight, 0);
    const [{ measures }] = second.rows as readonly { measures: readonly { value: number }[] }[];
    expect(measures).toMatchObject([
      { stream_id: 0, step: 1, name: 'nll', cache: 'window', layer: null, head: null },
      { stream_id: 0, step: 1, name: 'likeliest', cache: 'window', layer: null, head: null },
    ]);
    expect(measures[1].value).toBe(first.logits.indexOf(Math.max(...first.logits)));
    expect(measures[0].value).toBeCloseTo(-Math.log(p), 5);
  });

  it('makes logits of the normed stream and the embedding', async () => {
    const [{ logits }] = await through(null);
    const normed = normalise(events[0].x);
    const dot = row(model.embed, 77).reduce((sum, value, i) => sum + value * normed[i], 0);
    expect(logits[77]).toBeCloseTo(dot, 5);
  });
});

describe('choose', () => {
  const logits = Float32Array.of(0, 3, 2.9, 3, -1);
  const chosen = async (temperature: number, topK: number | null, step = 0) =>
    (await firstValueFrom(of({ ...token(step), logits }).pipe(choose(testRun(), { temperature, topK }))))
      .chosen;

  it('takes the likeliest, of equal ones the first, and draws among the k likeliest', async () => {
    expect(await chosen(0, null)).toBe(1);
    const steps = Array.from({ length: 200 }, (_, i) => i);
    const drawn = await Promise.all(steps.map((step) => chosen(1, 2, step)));
    expect(new Set(drawn)).toEqual(new Set([1, 3]));
    const all = await Promise.all(steps.map((step) => chosen(50, null, step)));
    expect(new Set(all)).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it('draws as often as the softmax says', async () => {
    const steps = Array.from({ length: 4000 }, (_, i) => i);
    const drawn = await Promise.all(steps.map((step) => chosen(2, null, step)));
    const weights = [...logits].map((logit) => Math.exp(logit / 2));
    const total = weights.reduce((a, b) => a + b);
    for (const [id, weight] of weights.entries()) {
      const share = drawn.filter((one) => one === id).length / drawn.length;
      expect(Math.abs(share - weight / total)).toBeLessThan(4 * Math.sqrt(0.25 / drawn.length));
    }
  });
});

it('releaseWindows gives back all memory of a window when the next begins', async () => {
  const run = testRun();
  const events = [0, 1, 2].map((step) => projected(run, step));
  await stepByStep(events, (event) => event.pipe(releaseWindows(run), updateCaches(run)));
  run.caches.reference(0, 0);
  expect(run.ledger.used()).toBeGreaterThan(0);
  await stepByStep([{ streamId: 1, step: 0 } as never], (event) => event.pipe(releaseWindows(run)));
  expect(run.ledger.used()).toBe(0);
});
