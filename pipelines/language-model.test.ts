import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { writeLanguageModel } from '../data/weights/language-model.js';
import { randomModel } from '../data/weights/testing/random-model.js';
import { crossEntropy } from '../src/lab/model/cross-entropy.js';
import { forward } from '../src/lab/model/forward.js';
import { referenceKernels } from '../src/lab/model/reference-kernels.js';
import { ORDERS } from './testing/five-caches.js';
import { request, smallRun } from './testing/small-run.js';
import type { RunRequest } from './resolve.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const TEXT = 'To be, or not – to be'; // 23 bytes; a window has 16
const text = { name: 'text', options: { path: at('text.txt') } };
const models = { tensor: randomModel(), matrix: randomModel({ order: 'matrix' }) };

beforeAll(async () => {
  writeFileSync(at('text.txt'), TEXT);
  for (const order of ORDERS) await writeLanguageModel(at(`${order}.safetensors`), models[order]);
});
afterAll(() => folder.remove());

const asked = (name: string, caches: Parameters<typeof request>[2], rest: Partial<RunRequest> = {}) =>
  request(text, { name: at(`${name}.safetensors`) }, caches, rest);

describe.each(ORDERS)('a language model of %s order', (order) => {
  const bytes = [...Buffer.from(TEXT)];
  const windows = [bytes.slice(0, 16), bytes.slice(16)];
  const expected = windows.flatMap((ids) => {
    const { logits } = forward(models[order], ids, { kernels: referenceKernels });
    return [...crossEntropy(logits, [...ids.slice(1), -1], 1)].slice(0, -1);
  });

  it.each([
    ['the exact output', 'f64', undefined],
    ['its cache', 'none', undefined],
    ['a cache by name', 'f64', 'four-cache'],
  ] as const)(
    'predicts what the whole sequence at once predicts, driven by %s',
    async (_, reference, drive) => {
      const run = await smallRun(asked(order, [['four-cache']], { reference, ...(drive && { drive }) }));
      const cache = reference === 'none' || drive ? 'four-cache' : null;
      const said = run.measures.filter(({ name }) => name === 'nll');
      expect(said).toHaveLength(bytes.length - windows.length); // the first byte of a window is not predicted
      expect(run.measures).toHaveLength(2 * said.length); // and which byte was the likeliest
      said.forEach((row, i) => {
        const [stream_id, step] = i < 15 ? [0, i + 1] : [1, i - 14];
        expect(row).toMatchObject({ stream_id, step, layer: null, head: null, cache, name: 'nll', x: null });
        expect(row.value).toBeCloseTo(expected[i], 4);
      });
      expect(run.steps.map(({ token_id }) => token_id).filter((_, i) => i % 4 === 0)).toEqual(bytes);
    },
  );
});
