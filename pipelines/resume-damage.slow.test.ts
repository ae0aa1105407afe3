import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { caches } from '../operators/caches/index.js';
import type { CacheSpec } from '../src/core/cache.js';
import type { Order } from '../src/core/shape.js';
import { inlinePool } from '../workers/inline-pool.js';
import { executeRun } from './execute.js';
import { resolveRun, type RunRequest } from './resolve.js';
import { resumeRun, type ResumeStart } from './resume.js';

const [TOKENS, EVERY, BUDGET] = [46, 8, 2048];
const SHAPE = { d: 4, bytesPerNumber: 4 };
const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const cwd = process.cwd();

beforeAll(() => {
  const words = 'a rose is a rose is a rose, said somebody who had seen one or two of them before. '.repeat(
    9,
  );
  writeFileSync(at('text.txt'), words);
  process.chdir(folder.path);
});
afterAll(() => {
  process.chdir(cwd);
  folder.remove();
});

async function* noInput(): AsyncGenerator<Uint8Array> {}

const how = {
  ...{ threads: 1, signal: new AbortController().signal, logLevel: 'silent' as const, onStep: () => {} },
  pool: ({ arena }: Parameters<typeof inlinePool>[0] extends infer A ? { arena: A } : never) =>
    inlinePool(arena),
};

/** All caches of an order; those with a budget get one so small that they forget. */
function everyCache(order: Order): RunRequest['caches'] {
  return caches
    .map(({ spec }) => spec as CacheSpec)
    .filter(({ orders }) => orders.includes(order))
    .map((spec) => {
      const options = spec.within?.(BUDGET / (order === 'matrix' ? 2 : 1), { ...SHAPE, order }) ?? {};
      return { name: spec.name, label: spec.name, options: { ...options } };
    });
}

const base = { kronflow: 1, reference: 'f64', tokens: TOKENS, seed: 5, memory: null, recall: 3 } as const;
const trace = { outputs: true, timings: false, recording: true };
const model = (order: Order) => ({ d: 4, heads: 2, layers: 2, order });
const runs: Readonly<Record<string, RunRequest>> = {
  'tokens, tensor': {
    ...{ ...base, trace, prompt: 5, model: model('tensor'), caches: everyCache('tensor') },
    source: { name: 'text', options: { path: 'text.txt' } },
  },
  'three streams of rows, matrix': {
    ...{ ...base, trace, prompt: 3, model: {}, caches: everyCache('matrix') },
    source: { name: 'clustered', options: { ...model('matrix'), n: 30, streams: 3 } },
  },
};

/** Carry a run out, and keep what its folder held after each of some steps, as a kill would have left it. */
async function runAndCopy(name: string, request: RunRequest, moments: readonly number[]): Promise<void> {
  const onStep = ({ done }: { readonly done: number }) => {
    if (moments.includes(done)) cpSync(at(name), at(`${name}-${done}`), { recursive: true });
  };
  const resolved = await resolveRun(request, noInput());
  await executeRun(resolved, { dir: at(name), ...how, onStep, snapshotEvery: EVERY });
}

/** Resume a copy; returns where it started. */
async function resume(name: string): Promise<ResumeStart> {
  let start: ResumeStart | null = null;
  await resumeRun({ dir: at(name), ...how, onStart: (told) => (start = told), snapshotEvery: EVERY });
  return start!;
}

function expectSame(name: string, whole: string): void {
  expect(readdirSync(at(name)).sort()).toEqual(readdirSync(at(whole)).sort());
  for (const file of readdirSync(at(whole)).filter((file) => file.endsWith('.parquet'))) {
    expect(readFileSync(at(join(name, file))).equals(readFileSync(at(join(whole, file)))), file).toBe(true);
  }
  const described = (of: string) => {
    const run = JSON.parse(readFileSync(at(join(of, 'run.json')), 'utf8')) as { execution: object };
    return { ...run, execution: { ...run.execution, resumed_at: null } };
  };
  expect(described(name)).toEqual(described(whole));
}

describe.each(Object.entries(runs))('law L6, every cache, %s', (name, request) => {
  it('a run resumed after any step leaves the files of the whole run, byte for byte', async () => {
    const moments = [1, EVERY - 1, EVERY, EVERY + 1, 3 * EVERY + 2, TOKENS - 1, TOKENS];
    await runAndCopy(name, request, moments);
    expect(request.caches.length).toBeGreaterThan(15);
    for (const moment of moments) {
      const { steps, damage } = await resume(`${name}-${moment}`);
      expect({ steps, damage }).toEqual({ steps: moment - (moment % EVERY), damage: [] });
      expectSame(`${name}-${moment}`, name);
    }
  });
});

describe('a run with a window', () => {
  const request: RunRequest = {
    ...{ ...base, trace, prompt: 0, model: model('tensor'), recall: 0 },
    source: { name: 'text', options: { path: 'text.txt' } },
    caches: [{ name: 'window', label: 'window', options: { size: 4 } }],
  };
  let copies = 0;
  /** A fresh copy of the run killed after 30 steps: snapshots of 16 and 24. */
  const killed = () => {
    const name = `copy-${copies++}`;
    cpSync(at('small-30'), at(name), { recursive: true });
    return name;
  };
  const inJournal = (name: string, file: string) => join(at(name), 'journal', file);
  const flip = (path: string, byte: number) => {
    const bytes = readFileSync(path);
    bytes[byte < 0 ? bytes.length + byte : byte] ^= 1;
    writeFileSync(path, bytes);
  };

  beforeAll(() => runAndCopy('small', request, [30]));

  it('keeps two snapshots', () => {
    const kept = readdirSync(at('small-30/journal')).filter((file) => file.startsWith('snapshot'));
    expect(kept.sort()).toEqual(['snapshot-16', 'snapshot-24']);
  });

  it.each([
    [
      'a bit of the last snapshot is flipped',
      (name: string) => flip(inJournal(name, 'snapshot-24'), 700),
      16,
    ],
    ['its last byte too', (name: string) => flip(inJournal(name, 'snapshot-24'), -1), 16],
    ['it is of another version', (name: string) => flip(inJournal(name, 'snapshot-24'), 18), 16],
    ['it is cut', (name: string) => truncateSync(inJournal(name, 'snapshot-24'), 900), 16],
    ['it is empty', (name: string) => truncateSync(inJournal(name, 'snapshot-24'), 0), 16],
    ['it is gone', (name: string) => rmSync(inJournal(name, 'snapshot-24')), 16],
    [
      'both are damaged',
      (name: string) => [24, 16].forEach((n) => flip(inJournal(name, `snapshot-${n}`), 99)),
      0,
    ],
    ['the journal is gone', (name: string) => rmSync(join(at(name), 'journal'), { recursive: true }), 0],
    ['its commits are gone', (name: string) => rmSync(inJournal(name, 'commits')), 0],
    ['its first commit is damaged', (name: string) => flip(inJournal(name, 'commits'), 12), 0],
    ['a table is gone', (name: string) => rmSync(inJournal(name, 'steps.arrows')), 0],
    ['the first batch is damaged', (name: string) => flip(inJournal(name, 'steps.arrows'), 6000), 0],
    ['the last batch is cut', (name: string) => truncateSync(inJournal(name, 'outputs.arrows'), 5000), 16],
  ])('goes on from what is sound when %s', async (_, damage, from) => {
    const name = killed();
    damage(name);
    const { steps } = await resume(name);
    expect(steps).toBe(from);
    expectSame(name, 'small');
  });

  it('names damage of the journal, and makes those rows again', async () => {
    const name = killed();
    flip(inJournal(name, 'steps.arrows'), 6000);
    expect((await resume(name)).damage).toMatchObject([{ reason: 'bad-batch', file: 'steps.arrows' }]);
  });

  it('does not take a snapshot of another journal, however whole', async () => {
    await runAndCopy('other', { ...request, seed: 6 }, [30]);
    const name = killed();
    cpSync(at('other-30/journal/snapshot-24'), inJournal(name, 'snapshot-24'));
    expect((await resume(name)).steps).toBe(16);
    expectSame(name, 'small');
  });

  it('is refused while another process writes it, and changes nothing', async () => {
    const name = killed();
    writeFileSync(inJournal(name, 'writer.pid'), `${process.ppid}\n`);
    await expect(resume(name)).rejects.toThrow(/is still being written by process/);
    expect(existsSync(inJournal(name, 'snapshot-24'))).toBe(true);
  });

  it('is refused when an input was changed, with its name', async () => {
    const name = killed();
    const text = readFileSync(at('text.txt'));
    writeFileSync(at('text.txt'), Buffer.concat([text, Buffer.from('!')]));
    await expect(resume(name)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^text\.txt was changed since .*: sha256 [0-9a-f]{12}… is not/),
    });
    writeFileSync(at('text.txt'), text);
    expect((await resume(name)).steps).toBe(24);
  });

  it.each([
    [
      'its config was changed',
      (run: Record<string, unknown>) => ({ ...run, config: { ...(run.config as object), seed: 9 } }),
      'bad-trace',
    ],
    [
      'it is of another kronflow',
      (run: Record<string, unknown>) => ({
        ...run,
        versions: { ...(run.versions as object), kronflow: '0.0.1' },
      }),
      'bad-trace',
    ],
    ['it has another kernel', (run: Record<string, unknown>) => ({ ...run, kernel: 'abacus' }), 'bad-trace'],
    [
      'it is of another schema',
      (run: Record<string, unknown>) => ({ ...run, schema_version: 99 }),
      'bad-trace',
    ],
    [
      'it read standard input',
      (run: Record<string, unknown>) => ({ ...run, inputs: [{ path: '-', bytes: null, sha256: null }] }),
      'bad-input',
    ],
  ])('is refused when %s', async (_, change, code) => {
    const name = killed();
    const path = at(join(name, 'run.json'));
    writeFileSync(
      path,
      JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)),
    );
    await expect(resume(name)).rejects.toMatchObject({ name: 'Failure', code });
  });

  it('that is sealed is left as it is; one sealed before its end is refused', async () => {
    const before = readFileSync(at('small/run.json'), 'utf8');
    expect(await resumeRun({ dir: at('small'), ...how })).toMatchObject({ already: true, onlySealed: true });
    expect(readFileSync(at('small/run.json'), 'utf8')).toBe(before);
    const name = killed();
    const stop = new AbortController();
    const onStep = () => stop.abort();
    await resumeRun({ dir: at(name), ...how, signal: stop.signal, onStep });
    await expect(resume(name)).rejects.toThrow(/was sealed as interrupted/);
  });

  it('can be resumed again and again', async () => {
    const name = killed();
    const [first, second] = [`${name}-first`, `${name}-second`];
    const copyAt = (step: number, from: string, to: string) => {
      const onStep = ({ done }: { readonly done: number }) => {
        if (done === step) cpSync(at(from), at(to), { recursive: true });
      };
      return resumeRun({ dir: at(from), ...how, onStep, snapshotEvery: EVERY });
    };
    await copyAt(33, name, first);
    await copyAt(45, first, second);
    expect((await resume(second)).steps).toBe(40);
    for (const each of [name, first, second]) expectSame(each, 'small');
    const { execution } = JSON.parse(readFileSync(at(join(second, 'run.json')), 'utf8')) as {
      execution: object;
    };
    expect(execution).toMatchObject({ resumed_at: [24, 32, 40] });
  });
});
