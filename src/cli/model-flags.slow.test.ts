import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { writeSafetensors } from '../../data/weights/testing/write-safetensors.js';
import { loadWeights } from '../../pipelines/load-weights.js';
import { resolveRun, type RunRequest } from '../../pipelines/resolve.js';
import { readRun } from '../../pipelines/testing/traces.js';
import { kronflow, startKronflow, succeed } from './testing/kronflow.js';

const folder = temporaryFolder();
const start = { cwd: folder.path };
const at = (name: string) => join(folder.path, name);
afterAll(() => folder.remove());

const MODEL = { d: 4, heads: 2, layers: 2 };
const SIZE = [
  '--d',
  '4',
  '--heads',
  '2',
  '--layers',
  '2',
  '--threads',
  '1',
  '--tokens',
  '6',
  '-c',
  'window:size=2',
];

async function run(name: string, ...flags: readonly string[]) {
  await succeed(['run', ...SIZE, ...flags, '-o', name], start);
  return readRun(at(name));
}

/** What the seeded weights of a run are, as a file. */
async function writeWeights(name: string, seed: number): Promise<void> {
  const asked: RunRequest = {
    ...{ kronflow: 1, seed, model: MODEL, reference: 'f64', prompt: 0, tokens: 1, memory: null },
    source: { name: 'text', options: { path: 'docs/guide-to-kv-caches.md' } },
    caches: [{ name: 'window', label: 'window', options: {} }],
    trace: { outputs: false, timings: false, recording: false },
  };
  const { config } = await resolveRun(asked, (async function* () {})());
  const width = MODEL.d * MODEL.heads;
  const tensors = (await loadWeights(config)).flatMap((layer, l) =>
    Object.entries(layer).map(([side, data]) => [
      `layers.${l}.w_${side}`,
      { shape: [width, width], data: data! },
    ]),
  );
  await writeSafetensors(at(name), Object.fromEntries(tensors));
}

describe('--weights and --rotary', () => {
  let seeded: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    await writeWeights('own.safetensors', 1);
    await writeWeights('other.safetensors', 2);
    seeded = await run('seeded');
  });

  it('the seeded weights, read from a file, give the seeded run; others do not', async () => {
    const own = await run('own', '--weights', 'own.safetensors');
    const other = await run('other', '--weights', 'other.safetensors');
    expect(own.result_sha256).toBe(seeded.result_sha256);
    expect(other.result_sha256).not.toBe(seeded.result_sha256);
    expect(own.inputs[1]).toMatchObject({
      kind: 'weights',
      path: 'own.safetensors',
      sha256: expect.any(String),
    });
    expect(own.run_id).not.toBe(other.run_id);
  });

  it('rotary changes values, always in the same way', async () => {
    const rotated = await run('rotated', '--rotary');
    expect(rotated.result_sha256).not.toBe(seeded.result_sha256);
    expect((await run('again', '--rotary')).result_sha256).toBe(rotated.result_sha256);
  });

  it('weights of another size are refused before anything is created', async () => {
    const flags = ['run', ...SIZE, '--d', '8', '--weights', 'own.safetensors', '-o', 'wrong'];
    const { code, stderr } = await kronflow(flags, start);
    expect({ code, exists: existsSync(at('wrong')) }).toEqual({ code: 2, exists: false });
    expect(stderr).toMatch(/own\.safetensors: tensor layers\.0\.w_q has shape \[8, 8\], wanted \[16, 16\]/);
  });
});

it('weights that no machine holds are refused, not an internal error', async () => {
  const flags = ['run', '--heads', '1024', '--d', '256', '--tokens', '1', '-o', 'huge'];
  const { code, stderr } = await kronflow(flags, start);
  expect({ code, exists: existsSync(at('huge')) }).toEqual({ code: 3, exists: false });
  expect(stderr).toMatch(/^kronflow: projection weights would take 1\.25 TiB.*\n {2}hint: lower --heads/);
});

it('--log-level decides what log.jsonl says', async () => {
  const lines = async (level: string) => {
    await run(`log-${level}`, '--log-level', level);
    const path = at(`log-${level}/log.jsonl`);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).length : null;
  };
  expect([await lines('info'), await lines('error'), await lines('silent')]).toEqual([2, 0, null]);
});

it('Ctrl-C while the trace is sealed says so, and the run is complete', async () => {
  const source = ['--source', 'gaussian:n=6000,heads=8,d=1', '-c', 'window:size=1', '--reference', 'none'];
  const { child, finished } = startKronflow(['run', ...source, '--threads', '1', '-o', 'sealing'], start);
  const state = () => {
    const path = at('sealing/run.json');
    return existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as { status: string; sealed: boolean })
      : null;
  };
  while (child.exitCode === null && (state()?.status ?? 'running') === 'running')
    await new Promise((resolve) => setTimeout(resolve, 2));
  child.kill('SIGINT');
  const { code, stderr } = await finished;
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: '\nevery token is done, sealing the trace; press Ctrl-C again to stop at once\n',
  });
  expect(state()).toMatchObject({ status: 'complete', sealed: true });
});
