import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { executeRun } from '../execute.js';
import { lintTrace } from '../lint/lint-trace.js';
import { resolveRun, type RunRequest } from '../resolve.js';
import { resumeRun } from '../resume.js';
import { request } from '../testing/small-run.js';
import { rowsOf } from '../testing/traces.js';
import { verifyTraces } from '../verify.js';
import { PLUGINS } from './testing/plug-ins-by-structure.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);

beforeAll(() => {
  mkdirSync(at('node_modules'));
  for (const name of ['rxjs', 'zod']) {
    const installed = fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url));
    symlinkSync(installed, at(`node_modules/${name}`));
  }
  writeFileSync(at('plug-ins.mjs'), PLUGINS);
});

const ours = (name: string, options: Record<string, unknown> = {}) => ({
  name: at(`plug-ins.mjs#${name}`),
  options,
});
const source = { name: 'gaussian', options: { n: 8, d: 4, heads: 1, layers: 2 } };
const asked = (more: Partial<RunRequest>) =>
  request(source, {}, [['four-cache'], ['window', { size: 3 }]], more);
const how = { threads: 1, logLevel: 'silent', onStep: () => {} } as const;
async function* nothing(): AsyncGenerator<Uint8Array> {}

async function execute(name: string, wanted: RunRequest, snapshotEvery: number | 'auto' = 2) {
  const { signal } = new AbortController();
  const resolved = await resolveRun(wanted, nothing());
  return executeRun(resolved, { ...how, dir: at(name), kernel: 'reference', snapshotEvery, signal });
}
const resume = (name: string) => resumeRun({ ...how, dir: at(name), signal: new AbortController().signal });
const lines = (name: string) => readFileSync(at(name), 'utf8').trim().split('\n');

describe('an operator that', () => {
  const where = /^operator .*plug-ins\.mjs#faulty, stream 0, layer 0, step 2: /;
  it.each([
    ['drops', /it gave back 0 events for one/],
    ['doubles', /it gave back 2 events for one/],
    ['moves', /it changed step to 3/],
    ['shortens', /it changed the length of updates/],
    ['forgets', /it took away rows of others/],
    ['throws', /it threw: TypeError: .*plug-ins\.mjs:\d+/],
    ['errors', /it threw: string just a word/],
    ['nan', /measures, row 0: value = NaN is not a number: leave the row out/],
    ['missing', /measures, row 0: name = undefined is missing/],
    ['strays', /measures, row 0: is of stream 0, layer 0, step 99/],
    ['extra', /measures, row 0: colour is no column/],
    ['steps', /rows for table steps: operators fill measures and events/],
    ['nothing', /it gave back undefined/],
  ])('%s is named, with its place, and the run keeps what was done', async (fault, says) => {
    const recording = { outputs: false, timings: false, recording: fault === 'forgets' };
    const wanted = asked({ operators: [ours('faulty', { fault })], trace: recording });
    const failure = await execute(`operator-${fault}`, wanted).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'plugin-failed', what: expect.stringMatching(where) });
    expect((failure as Error).message).toMatch(says);
    expect((failure as Error).message).toContain(
      `${fault === 'forgets' ? 12 : 8} rows that were done are kept`,
    );
  });

  it.each([
    ['none', /it made no operator/],
    ['liar', /its spec says state: 'saved', but it has no save and restore/],
  ])('%s ends the run before its first step', async (name, says) => {
    await expect(execute(`start-${name}`, asked({ operators: [ours(name)] }))).rejects.toThrow(says);
    expect(existsSync(at(`start-${name}`))).toBe(false);
  });

  it('measures the exact attention is refused where none is computed', async () => {
    const operators = [{ name: 'score-histogram', options: {} }];
    const wanted = asked({ operators, reference: 'none' });
    await expect(execute('no-reference', wanted)).rejects.toThrow(/score-histogram with reference = none/);
    await expect(
      execute('typo', asked({ operators: [{ name: 'score-histogrm', options: {} }] })),
    ).rejects.toThrow(/did you mean "score-histogram"/);
    await expect(
      execute('option', asked({ operators: [{ name: 'kept-atoms', options: { bin: 3 } }] })),
    ).rejects.toThrow(/operator kept-atoms: unknown option "bin"\n  hint: did you mean "bins"/);
  });
});

describe('a sink', () => {
  it('is waited for, told every step once, and closed', async () => {
    await execute('sunk', asked({ sinks: [ours('slow', { path: at('sunk.txt') })] }));
    expect(lines('sunk.txt')).toEqual([
      'from 0',
      ...Array.from({ length: 8 }, (_, step) => String(step)),
      'closed',
    ]);
  });

  it.each([
    ['unopened', /sink .*#unopened: opening: no such host/],
    ['unclosed', /sink .*#unclosed: it has no close\(\)/],
  ])('%s ends the run before its first step, and the others are closed', async (name, says) => {
    const sinks = [ours('slow', { path: at(`${name}.txt`) }), ours(name)];
    await expect(execute(name, asked({ sinks }))).rejects.toThrow(says);
    expect(lines(`${name}.txt`)).toEqual(['from 0', 'closed']);
    expect(existsSync(at(name))).toBe(false);
  });
});

it.each([
  ['kind', /source .*: it made kind = "words", neither tokens nor entries/],
  ['describe', /describe\(\) gave "me"/],
  ['shape', /shape\(\) gave d = 0/],
  ['throws', /source .*#source: after 3 steps: line is dead/],
  ['short', /step 3 that it brought \(from 0\): layer 0, k1 has 7 numbers, not heads·d = 8/],
  ['nan', /layer 0, v1\[5\] = NaN: must be a finite number/],
  ['skips', /step 4 of stream 0, where step 3 must be/],
  ['layers', /layers is a list of 0, not of 1/],
])('a source whose fault is %s is named', async (fault, says) => {
  const wanted = request(ours('source', { fault }), {}, [['window']], {});
  await expect(execute(`source-${fault}`, wanted)).rejects.toMatchObject({ code: 'plugin-failed' });
  await expect(execute(`source-${fault}-2`, wanted)).rejects.toThrow(says);
});

describe('resume', () => {
  const failing = (name: string, more: Partial<RunRequest>, every = 2) => {
    writeFileSync(at(`${name}.txt.full`), '');
    const wanted = asked({ ...more, sinks: [ours('slow', { path: at(`${name}.txt`) })] });
    return expect(execute(name, wanted, every)).rejects.toThrow(/sink .*: write: queue is full/);
  };

  it('brings state of operators back: the trace is that of a run nobody stopped', async () => {
    const operators = [ours('saved'), { name: 'mass-by-position', options: { every: 3 } }];
    await failing('stopped', { operators });
    rmSync(at('stopped.txt.full'));
    const { run } = await resume('stopped');
    expect(run.execution.resumed_at).toEqual([4]);
    await execute('whole', asked({ operators }));
    expect(await verifyTraces(at('stopped'), at('whole'))).toMatchObject({ difference: null, onlyInOne: [] });
    expect(await rowsOf(at('stopped'), 'measures')).toBe(16 + 2 * (1 + 4 + 7) * 2);
    expect(lines('stopped.txt')).toEqual([
      ...['from 0', '0', '1', '2', '3', '4', 'closed'],
      ...['from 4', '4', '5', '6', '7', 'closed'],
    ]);
  });

  it.each([
    ['before the snapshot', 1, 3],
    ['after it', 1, 5],
  ])('goes on without a cache that was dropped %s, as a run that nobody stopped', async (_, every, at) => {
    const caches = ['four-cache', 'breaking'].map((label) => ({
      ...{ label, name: label === 'breaking' ? ours('breaking').name : label },
      options: label === 'breaking' ? { at } : {},
    }));
    const name = `dropped-${at}`;
    await failing(name, { caches, onError: 'skip' }, every);
    rmSync(`${folder.path}/${name}.txt.full`);
    const { run } = await resume(name);
    expect(run.execution.dropped_caches).toMatchObject([{ cache: 'breaking', stream_id: 0, step: at }]);
    await execute(`${name}-whole`, asked({ caches, onError: 'skip' }));
    expect(await verifyTraces(`${folder.path}/${name}`, `${folder.path}/${name}-whole`)).toMatchObject({
      difference: null,
    });
    expect(await rowsOf(`${folder.path}/${name}`, 'events')).toBe(1);
    expect(await rowsOf(`${folder.path}/${name}`, 'steps')).toBe(2 * (8 + at));
    const { charged, released, used } = run.execution.ledger_bytes as Record<string, number>;
    expect(charged - released).toBe(used);
    const { findings } = await lintTrace(`${folder.path}/${name}`);
    expect(findings.map(({ rule }) => rule)).toEqual(['dropped']);
  });

  it('refuses state that cannot be saved, and keeps what is there', async () => {
    const operators = [ours('unsaved')];
    await expect(execute('asked', asked({ operators }), 2)).rejects.toThrow(
      /snapshots every 2 steps: operator .*#unsaved/,
    );
    writeFileSync(at('lost.txt.full'), '');
    const sinks = [ours('slow', { path: at('lost.txt') })];
    await expect(execute('lost', asked({ operators, sinks }), 'auto')).rejects.toThrow(/queue is full/);
    await expect(resume('lost')).rejects.toThrow(
      /resume .*lost: operator .*#unsaved has state that cannot be saved/,
    );
    expect(existsSync(at('lost/journal/steps.arrows'))).toBe(true);
  });

  it('refuses a plug-in whose file was changed', async () => {
    await failing('changed', {});
    writeFileSync(at('plug-ins.mjs'), `${PLUGINS}// changed\n`);
    await expect(resume('changed')).rejects.toThrow(/plug-ins\.mjs was changed since .*: sha256/);
    writeFileSync(at('plug-ins.mjs'), PLUGINS);
  });
});
