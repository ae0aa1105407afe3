import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, tempFolder } from '../data/sources/testing/bytes.js';
import { readLanguageModel, readUnfinished } from '../data/weights/language-model.js';
import { Failure } from '../src/core/failure.js';
import { openLanguageModel } from './resolve-language-model.js';
import { parsePhases, plannedSteps } from './train/phases.js';
import { trainModel, type Look, type TrainRequest } from './train.js';

const TEXT = 'the quick brown fox jumps over the lazy dog. '.repeat(40);

/** A training of a moment; `change` is what a test is about. */
async function request(change: Partial<TrainRequest> = {}, text = TEXT): Promise<TrainRequest> {
  const folder = await tempFolder();
  writeFileSync(join(folder, 'text.txt'), text);
  return {
    ...{ text: join(folder, 'text.txt'), output: join(folder, 'model.safetensors') },
    shape: {
      ...({ order: 'tensor', layers: 1, heads: 2, d: 4, scale: 0.5 } as const),
      ...{ dModel: 16, hidden: 16, previous: 1 },
    },
    phases: [
      { steps: 30, sequences: 8, length: 8 },
      { steps: 10, sequences: 4, length: 12 },
    ],
    ...{
      rate: 0.03,
      dropout: 0.05,
      smoothing: 0.9,
      heldOut: 0.1,
      every: 20,
      seed: 3,
      threads: 2,
      kernel: 'auto',
    },
    signal: new AbortController().signal,
    ...change,
  };
}

describe('training', () => {
  it('learns, and writes the same model for any number of threads', async () => {
    const asked = [await request(), await request({ threads: 1 })];
    const trained = [];
    for (const one of asked) trained.push(await trainModel(one));
    const [model, other] = asked.map(({ output }) => readFileSync(output));
    expect(other.equals(model)).toBe(true);
    const [{ looks }] = trained;
    expect(looks.map(({ step, tokens }) => [step, tokens])).toEqual([
      [20, 20 * 64],
      [40, 30 * 64 + 10 * 48],
    ]);
    expect(looks[1].held_out_bits).toBeLessThan(4.5); // measured: 3.9, and 5.2 with a teacher one place off
    expect([await readUnfinished(asked[0].output), existsSync(`${asked[0].output}.partial`)]).toEqual([
      null,
      false,
    ]);
    const { shape, positions } = await readLanguageModel(asked[0].output);
    expect(shape).toEqual({ ...asked[0].shape, context: 12, vocabulary: 256 });
    expect(positions).toHaveLength(12 * 16);
  });

  it('is taught by an n-gram, and by one of the training text alone', async () => {
    const short = { phases: [{ steps: 2, sequences: 4, length: 8 }], threads: 1 };
    const other = `${TEXT.slice(0, 1620)}${'-'.repeat(180)}`; // what is held out, a tenth
    const asked = [
      await request(short),
      await request(short, other),
      await request({ ...short, smoothing: 0 }),
    ];
    for (const one of asked) await trainModel(one);
    const [model, unseen, untaught] = await Promise.all(asked.map(({ output }) => readLanguageModel(output)));
    expect(unseen).toEqual(model);
    expect(untaught).not.toEqual(model);
  });

  it('ends at the signal with a model of the steps so far', async () => {
    const stop = new AbortController();
    const seen: Look[] = [];
    const onLook = (look: Look) => {
      seen.push(look);
      stop.abort();
    };
    const asked = await request({ signal: stop.signal, every: 5, onLook });
    const { looks } = await trainModel(asked);
    expect(looks.map(({ step }) => step)).toEqual([5, 6]);
    expect(seen).toEqual(looks);
    expect((await readLanguageModel(asked.output)).shape.context).toBe(12);
    expect(await readUnfinished(asked.output)).toEqual({ steps: 6, planned: 40 });
    expect(existsSync(`${asked.output}.partial`)).toBe(false);
  });

  it('keeps the model of the last look of a training that did not end, and never trains over it', async () => {
    const onLook = ({ step }: Look) => {
      if (step === 10) throw new Failure('disk-full', 'a fault', 'try again');
    };
    const asked = await request({ every: 5, onLook });
    const partial = `${asked.output}.partial`;
    const { hint } = await failureOf(() => trainModel(asked));
    expect(hint).toBe(`try again; the model of step 10 is in ${partial}`);
    expect(existsSync(asked.output)).toBe(false);
    expect(await readUnfinished(partial)).toEqual({ steps: 10, planned: 40 });
    const opened = await openLanguageModel({ name: partial });
    expect(await opened!.describe()).toMatchObject({ trained_steps: 10, planned_steps: 40 });
    const again = await failureOf(() => trainModel(asked));
    expect(again.what).toBe(`${partial} is what a training that was stopped had learnt`);
  });

  it('asks of long texts that no n-gram smooths them', async () => {
    const asked = await request({}, 'a'.repeat(9_400_000));
    expect(await failureOf(() => trainModel(asked))).toMatchObject({ code: 'bad-option' });
    expect(existsSync(asked.output)).toBe(false);
  });

  it('stops at the step whose numbers ended, and writes nothing', async () => {
    const asked = await request({ rate: 1e30 });
    const failure = await failureOf(() => trainModel(asked));
    expect(failure).toMatchObject({ code: 'bad-weights', hint: 'start again with a smaller --rate' });
    expect(failure.what).toMatch(/^step [12]: the (loss|gradient of \S+) is /);
    expect(existsSync(asked.output)).toBe(false);
  });

  it('refuses a text that is too short for its sequences, with both lengths', async () => {
    const asked = await request({}, TEXT.slice(0, 100));
    const failure = await failureOf(() => trainModel(asked));
    expect(failure.what).toMatch(/has 100 bytes: 90 to train on and 10 held out$/);
    expect(failure.hint).toContain('the longest sequence, 12');
  });

  it('refuses to write over a file, and to read what is not there', async () => {
    const asked = await request();
    writeFileSync(asked.output, '');
    expect(await failureOf(() => trainModel(asked))).toMatchObject({ code: 'exists' });
    expect(await failureOf(() => trainModel({ ...asked, text: 'nowhere', output: 'none' }))).toMatchObject({
      code: 'not-found',
    });
  });
});

describe('phases', () => {
  it('are written as STEPSxSEQUENCESxLENGTH', () => {
    expect(parsePhases('3x2x10, 1x4x20')).toEqual([
      { steps: 3, sequences: 2, length: 10 },
      { steps: 1, sequences: 4, length: 20 },
    ]);
    for (const wrong of ['', '3x2', '0x2x10', '3x2x10,', 'axbxc'])
      expect(() => parsePhases(wrong)).toThrow(/is not STEPSxSEQUENCESxLENGTH/);
  });

  it('warm up, and cool down along their tokens', () => {
    const steps = [...plannedSteps(parsePhases('300x1x10,100x3x10'))];
    expect(steps[0].warmth).toBeCloseTo(0.01);
    expect(steps[150].warmth).toBeCloseTo(0.75);
    expect(steps[350].warmth).toBeCloseTo(0.25);
    expect(steps.map(({ last }) => last).indexOf(true)).toBe(399);
  });
});
