import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import type { RunFile } from '../../data/schemas/run-file.js';
import { presetNames } from '../../pipelines/files/presets.js';
import { kronflowHere } from './testing/in-process.js';
import { MAIN } from './testing/kronflow.js';

let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(at('ids.txt'), '1 2 3 4 5 6 7 8');
  writeFileSync(
    at('mine.yaml'),
    'kronflow: 1\nsource: { name: ids, path: ids.txt }\nmodel: { d: 4, heads: 1 }\nthreads: 1\ntrace: { timings: false }\n' +
      'caches: [{ name: two-cache }, { name: subgen4, delta: 0.5 }]\n',
  );
});
afterEach(() => folder.remove());

const at = (...names: string[]) => join(folder.path, ...names);
const run = async (...args: string[]) => {
  const said = await kronflowHere(args, { cwd: folder.path });
  expect(said.stderr).toBe('');
  expect(said.code).toBe(0);
  return said.stdout;
};
const runFile = (dir: string) => JSON.parse(readFileSync(at(dir, 'run.json'), 'utf8')) as RunFile;
const PRESETS = [
  'compression-shoot-out',
  'long-context',
  'matrix-llm',
  'needle',
  'paper-trade-off',
  'quickstart',
];
const REPOSITORY = dirname(dirname(dirname(dirname(MAIN))));
const QUIET = ['--no-report', '--threads', '1'];

/** The same files, byte for byte; the log says when it was written. */
function expectSameBytes(a: string, b: string): void {
  const names = (dir: string) =>
    (readdirSync(at(dir), { recursive: true }) as string[])
      .filter((name) => !name.endsWith('log.jsonl'))
      .sort();
  expect(names(b)).toEqual(names(a));
  expect(names(a)).toEqual(expect.arrayContaining(['run.json', 'steps.parquet']));
  for (const name of names(a))
    expect(readFileSync(at(b, name)).equals(readFileSync(at(a, name))), name).toBe(true);
}

describe('run.json runs again to the same bytes', () => {
  it('of a pipeline file, by its file and by its folder', async () => {
    await run('run', 'mine.yaml', '-o', 'a', ...QUIET);
    await run('run', 'a/run.json', '-o', 'b', ...QUIET);
    await run('run', 'a', '-o', 'c', ...QUIET);
    expectSameBytes('a', 'b');
    expectSameBytes('a', 'c');
  });

  it('of a run that flags asked for', async () => {
    await run(
      'run',
      'ids.txt',
      '--d',
      '4',
      '--timings',
      'off',
      '--outputs',
      '-c',
      'window:size=2',
      '-o',
      'a',
      ...QUIET,
    );
    await run('run', 'a', '-o', 'b', ...QUIET);
    expectSameBytes('a', 'b');
  });

  it('of a preset', async () => {
    await run('run', 'preset:needle', '--set', 'tokens=20', '--timings', 'off', '-o', 'a', ...QUIET);
    await run('run', 'a/run.json', '-o', 'b', ...QUIET);
    expectSameBytes('a', 'b');
  });

  it('of a replay', async () => {
    await run('record', 'ids.txt', '--d', '4', '-c', 'sinks', '-o', 'rec', ...QUIET);
    await run('replay', 'rec', '--to', '5', '--timings', 'off', '-o', 'a', ...QUIET);
    await run('run', 'a', '-o', 'b', ...QUIET);
    expectSameBytes('a', 'b');
  });

  it('of a pipeline with a plug-in that lies beside it, in another folder', async () => {
    mkdirSync(at('deep'));
    symlinkSync(join(REPOSITORY, 'node_modules'), at('node_modules'));
    writeFileSync(
      at('deep', 'mine.mjs'),
      `export { strided } from '${REPOSITORY}/dist/examples/custom-cache.js';`,
    );
    const text = readFileSync(at('mine.yaml'), 'utf8').replace('two-cache', './mine.mjs#strided');
    writeFileSync(at('deep', 'mine.yaml'), text.replace('ids.txt', '../ids.txt'));
    await run('run', 'deep/mine.yaml', '-o', 'a', ...QUIET);
    expect(runFile('a').config).toMatchObject({
      source: { options: { path: 'ids.txt' } },
      caches: [{ name: './deep/mine.mjs#strided', label: 'strided' }, {}],
    });
    await run('run', 'a', '-o', 'b', ...QUIET);
    expectSameBytes('a', 'b');
    writeFileSync(at('deep', 'mine.mjs'), `${readFileSync(at('deep', 'mine.mjs'), 'utf8')}// changed\n`);
    const { stderr } = await kronflowHere(['run', 'a', '--dry-run'], { cwd: folder.path });
    expect(stderr).toMatch(/mine\.mjs is not what it was/);
  });

  it('of a dry run too', async () => {
    await run('run', 'mine.yaml', '-o', 'a', ...QUIET);
    writeFileSync(at('dry.json'), await run('run', 'mine.yaml', '--dry-run', '--json'));
    await run('run', 'dry.json', '-o', 'b', ...QUIET);
    expectSameBytes('a', 'b');
  });
});

describe('presets', () => {
  it.each(PRESETS)('%s runs', async (name) => {
    expect(await presetNames()).toEqual(PRESETS);
    await run('run', `preset:${name}`, '--set', 'tokens=20', '-o', 'out', ...QUIET);
    expect(runFile('out')).toMatchObject({ status: 'complete', counters: { processed: 20 } });
  });

  it('matrix-llm reads the recording that is named, as seen from where its user is', async () => {
    await run('record', 'ids.txt', '--d', '16', '--order', 'matrix', '-o', 'rec', '-c', 'window', ...QUIET);
    process.env.RECORDING = 'rec/recording.parquet';
    try {
      const set = ['--set', 'recall=2', '--set', 'budgets=[1KiB]'];
      await run('run', 'preset:matrix-llm', ...set, '-o', 'out', ...QUIET);
    } finally {
      delete process.env.RECORDING;
    }
    expect(runFile('out').inputs[0]).toMatchObject({ path: 'rec/recording.parquet' });
  });
});

it('leaves a trace for each repeat, with its seed', async () => {
  const shown = await run('run', 'mine.yaml', '--set', 'repeats=2', '--set', 'seed=5', '-o', 'out', ...QUIET);
  expect(shown).toMatch(/Repeat 1 of 2, seed 5:[^]*Repeat 2 of 2, seed 6:/);
  expect([1, 2].map((i) => runFile(`out-${i}`).seeds.seed)).toEqual([5, 6]);
  expect(runFile('out-2').result_sha256).not.toBe(runFile('out-1').result_sha256);
  mkdirSync(at('new-2'));
  const { stderr } = await kronflowHere(['run', 'mine.yaml', '--set', 'repeats=2', '-o', 'new', ...QUIET], {
    cwd: folder.path,
  });
  expect(stderr).toMatch(/new-2 exists already/);
  expect(readdirSync(at())).not.toContain('new-1'); // refused before the first starts
});

it('flags say more than the file, and less than nothing when they are not given', async () => {
  const dry = JSON.parse(
    await run(
      'run',
      'mine.yaml',
      '--dry-run',
      '--json',
      '--tokens',
      '3',
      '-c',
      'window:size=2',
      '--d',
      '8',
      '--timings',
      'on',
      '--memory',
      '1MiB',
    ),
  ) as { config: object; estimate: object };
  expect(dry.config).toMatchObject({
    ...{ tokens: 3, seed: 1, memory: 2 ** 20, trace: { timings: true }, model: { d: 8, heads: 1 } },
    caches: [{ name: 'window', label: 'window', options: { size: 2 } }],
  });
  expect(dry.estimate).toMatchObject({ steps: 3, n: 3 });
});

it('a size is an option of a source that has it, as without a file', async () => {
  writeFileSync(
    at('drawn.yaml'),
    'kronflow: 1\nsource: { name: gaussian, d: 4, n: 5 }\ncaches: [{ name: window }]\n',
  );
  const dry = JSON.parse(await run('run', 'drawn.yaml', '--dry-run', '--json', '--d', '8')) as {
    config: object;
  };
  expect(dry.config).toMatchObject({ source: { options: { d: 8 } }, model: { d: 8 } });
});

it('a dry run says what a run then takes, and touches nothing', async () => {
  const text = await run(
    'run',
    'mine.yaml',
    '--dry-run',
    '--set',
    'caches=[{name: two-cache}, {name: four-cache}]',
  );
  expect(text).toMatch(/8 steps, source ids, 1 layer × 1 head, d = 4/);
  expect(text).toMatch(/two-cache +│ 2\.50 KiB/); // 2·8²·4·4 + 4·8·4·4 = 2560
  expect(text).toMatch(/four-cache +│ +512 B/);
  await run('run', 'ids.txt', '--d', '4', '--dry-run');
  expect(readdirSync(at()).sort()).toEqual(['ids.txt', 'mine.yaml']);
});

it('lint names every mistake to programs, and goes on with the next file', async () => {
  writeFileSync(at('bad.yaml'), readFileSync(at('mine.yaml'), 'utf8').replace('delta', 'detla'));
  const { code, stdout } = await kronflowHere(['lint', 'bad.yaml', 'mine.yaml', '--json'], {
    cwd: folder.path,
  });
  const [bad, good] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { problems: object[] });
  expect(code).toBe(2);
  expect(good).toEqual({ file: 'mine.yaml', sound: true, problems: [] });
  expect(bad.problems).toEqual([
    expect.objectContaining({ file: 'bad.yaml', line: 6, column: 48, path: 'caches[1].detla' }),
  ]);
});

it('--set without a pipeline file is refused', async () => {
  const { code, stderr } = await kronflowHere(['run', 'ids.txt', '--set', 'tokens=2'], { cwd: folder.path });
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no pipeline file to set it in/) as string,
  });
});

describe('a plug-in that goes wrong is named with its place in the file, and what to do', () => {
  const plugin = `import { defineCache } from 'kronflow';
import { strided } from '${REPOSITORY}/dist/examples/custom-cache.js';
const broken = (name, change) => defineCache({ ...strided.spec, name, options: strided.spec.options }, (options, parts) => {
  const inner = strided(options).create(parts);
  return { ...inner, ...change(inner) };
});
const spoil = (rows) => rows.map(() => NaN);
export const nan = broken('nan', (inner) => ({ append: (e) => inner.append({ ...e, k1: spoil(e.k1) }) }));
const narrow = (job) => ({ ...job, side1: { ...job.side1, values: { ...job.side1.values, width: 1 } } });
export const short = broken('short', (inner) => ({ plan: (q) => ({ jobs: inner.plan(q).jobs.map(narrow) }) }));
`;

  it.each(['nan', 'short'])('%s', async (name) => {
    mkdirSync(at('node_modules'));
    symlinkSync(REPOSITORY, at('node_modules', 'kronflow'));
    writeFileSync(at('mine.mjs'), plugin);
    writeFileSync(
      at('mine.yaml'),
      readFileSync(at('mine.yaml'), 'utf8').replace('two-cache', `./mine.mjs#${name}`),
    );
    const { code, stderr } = await kronflowHere(['run', 'mine.yaml', '-o', 'out', ...QUIET], {
      cwd: folder.path,
    });
    expect(code).toBe(2);
    await expect(stderr).toMatchFileSnapshot(`testing/plug-in-${name}.golden.txt`);
  });
});
