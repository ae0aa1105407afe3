import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { from, lastValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSteps } from '../data/sinks/read-steps.js';
import { temporaryFolder } from '../data/testing/folder.js';
import { writeLanguageModel } from '../data/weights/language-model.js';
import { randomModel } from '../data/weights/testing/random-model.js';
import { forward } from '../src/lab/model/forward.js';
import { referenceKernels } from '../src/lab/model/reference-kernels.js';
import { inlinePool } from '../workers/inline-pool.js';
import { executeRun } from './execute.js';
import type { Execution } from './execution.js';
import { feedBack } from './feed-back.js';
import { resolveRun, type RunRequest } from './resolve.js';
import { resumeRun } from './resume.js';
import { request } from './testing/small-run.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const model = randomModel({ context: 24 });

beforeAll(() => writeLanguageModel(at('m.safetensors'), model));
afterAll(() => folder.remove());

async function* noInput(): AsyncGenerator<Uint8Array> {}

type Generate = NonNullable<RunRequest['generate']>;

function asked(text: string, generate: Generate, rest: Partial<RunRequest> = {}): RunRequest {
  const source = { name: 'literal', options: { text } };
  const caches: Parameters<typeof request>[2] = [['four-cache'], ['window', { size: 2 }]];
  return request(source, { name: at('m.safetensors') }, caches, { reference: 'none', generate, ...rest });
}

const executing = (dir: string, signal: AbortSignal, onStep: (done: number) => void = () => undefined) => ({
  ...({ dir, threads: 1, logLevel: 'silent', kernel: 'reference' } as const),
  ...{ pool: (({ arena }) => inlinePool(arena)) satisfies Execution['pool'], signal },
  onStep: ({ done }: { readonly done: number }) => onStep(done),
});

let runs = 0;
async function generated(req: RunRequest, stopAfter = Infinity, onStep?: (done: number) => void) {
  const [dir, stop, ids] = [at(`run-${runs++}`), new AbortController(), [] as number[]];
  const { run } = await executeRun(await resolveRun(req, noInput()), {
    ...executing(dir, stop.signal, onStep),
    onGenerated(id) {
      if (ids.push(id) === stopAfter) stop.abort();
    },
  });
  return { dir, run, ids };
}

/** The likeliest next token of the whole sequence, again and again. */
function greedy(prompt: readonly number[], count: number): number[] {
  const ids = [...prompt];
  for (let i = 0; i < count; i++) {
    const { logits } = forward(model, ids, { kernels: referenceKernels });
    const last = logits.subarray((ids.length - 1) * 256);
    ids.push(last.indexOf(Math.max(...last)));
  }
  return ids.slice(prompt.length);
}

describe('going on with a text', () => {
  const prompt = [...Buffer.from('Romeo')];

  it('takes the likeliest token of the whole text so far, when an exact cache drives', async () => {
    const { ids, dir, run } = await generated(asked('Romeo', { tokens: 8 }));
    expect(ids).toEqual(greedy(prompt, 8));
    const { token_id } = (await readSteps(dir, ['token_id'])).columns;
    const perStep = 2 * 2 * 2; // layers, heads, caches
    const read = [...token_id.values].filter((_, i) => i % perStep === 0);
    expect(read).toEqual([...prompt, ...ids.slice(0, -1)]); // nothing follows the last
    expect(run.config).toMatchObject({
      drive: 'four-cache',
      generate: { tokens: 8, temperature: 0, topK: null },
    });
  });

  it('goes on to the end of the context where nobody says how far', async () => {
    expect((await generated(asked('Romeo', {}))).ids).toHaveLength(24 - 5);
  });

  it('is led by what the cache that drives has left out', async () => {
    const [exact, window] = [
      await generated(asked('Romeo', {})),
      await generated(asked('Romeo', {}, { drive: 'window' })),
    ];
    expect(window.ids).not.toEqual(exact.ids);
    const f64 = await generated(asked('Romeo', {}, { drive: 'exact', reference: 'f64' }));
    expect(f64.ids).toEqual(exact.ids);
  });

  it('draws the same tokens from the same seed, and others from another', async () => {
    const draw = async (seed: number, topK: number | null = null) =>
      (await generated(asked('Romeo', { temperature: 1.5, topK }, { seed }))).ids;
    const [first, again, other] = [await draw(1), await draw(1), await draw(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(await draw(3, 1)).toEqual(greedy(prompt, 19)); // one to draw from
  });

  it('runs again from its run.json to the same bytes', async () => {
    const first = await generated(asked('Romeo', { temperature: 1 }));
    const again = await generated(first.run.config as RunRequest);
    expect(readFileSync(join(again.dir, 'run.json'))).toEqual(readFileSync(join(first.dir, 'run.json')));
    expect(readFileSync(join(again.dir, 'steps.parquet'))).toEqual(
      readFileSync(join(first.dir, 'steps.parquet')),
    );
  });

  it('is made again as a whole when it is resumed, text and rows', async () => {
    const req = asked('Romeo', { temperature: 1 });
    const whole = await generated(req);
    const fault = (done: number) => {
      if (done === 12) throw new Error('a fault');
    };
    await expect(generated(req, Infinity, fault)).rejects.toThrow('a fault');
    const ids: number[] = [];
    const how = executing(at(`run-${runs - 1}`), new AbortController().signal);
    const { run } = await resumeRun({ ...how, onGenerated: (id) => void ids.push(id) });
    expect([ids, run.result_sha256]).toEqual([whole.ids, whole.run.result_sha256]);
  });

  it('ends cleanly when it is interrupted', async () => {
    const { run, ids } = await generated(asked('Romeo', {}), 3);
    expect(ids).toHaveLength(3);
    expect(run).toMatchObject({ status: 'interrupted', sealed: true });
  });

  it.each<[string, RunRequest, object]>([
    [
      'a prompt and tokens longer than the context',
      asked('Romeo', { tokens: 20 }),
      {
        what: expect.stringMatching(/a prompt of 5 tokens and 20 .* 24 tokens$/),
        hint: 'pass --tokens 19, or a shorter prompt',
      },
    ],
    [
      'a prompt that fills the context',
      asked('x'.repeat(24), {}),
      { hint: 'shorten the prompt to fewer than 24 tokens' },
    ],
    [
      'an empty prompt',
      asked('', {}),
      { code: 'bad-input', what: expect.stringContaining('the text is empty') },
    ],
    [
      'no model',
      { ...asked('Romeo', {}), model: { d: 4 } },
      { what: expect.stringContaining('there is no language model') },
    ],
    [
      'a cache that is not there to drive',
      asked('Romeo', {}, { drive: 'widow' }),
      { hint: 'name exact or one of four-cache, window' },
    ],
    [
      'an exact driver without a reference',
      asked('Romeo', {}, { drive: 'exact' }),
      { hint: expect.stringContaining('--reference f64') },
    ],
    ['half a character', asked('\ud83d', {}), { code: 'bad-input' }],
    [
      'another vocabulary',
      { ...asked('Romeo', {}), source: { name: 'literal', options: { text: 'x', encoding: 'r50k' } } },
      { what: expect.stringContaining('r50k has 50257 tokens') },
    ],
  ])('refuses %s before anything starts', async (_, req, expected) => {
    await expect(resolveRun(req, noInput())).rejects.toMatchObject({ code: 'bad-option', ...expected });
  });

  it('feeds back nothing before a choice was made', async () => {
    async function* one() {
      yield await Promise.resolve({ streamId: 0, step: 0, pos: 0, tokenId: 7, prefill: false });
    }
    const { tokens } = feedBack(one(), { count: 2, previous: 0 });
    await expect(lastValueFrom(from(tokens))).rejects.toThrow('nothing was chosen');
  });
});
