import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPipeline } from './load.js';
import { preparePipeline, repeatsOf } from './prepare.js';
import { folderOfPipelines, refusal, small } from './testing/folder-of-pipelines.js';

let folder = folderOfPipelines();
folder.leave();
beforeEach(() => void (folder = folderOfPipelines()));
afterEach(() => folder.leave());

const load = async (text: string, options: Parameters<typeof loadPipeline>[1] = {}) => {
  folder.write({ 'a.yaml': text });
  return loadPipeline('a.yaml', { env: {}, ...options });
};
const windowOf = (text: string) => `${small().split('caches:')[0]}caches:\n  - name: window\n${text}`;

it('reads a file as the request that flags would make', async () => {
  const { request, execution, repeats } = await load(small('threads: 2\nmemory: 2GiB\nprompt: 2\n'));
  expect(request).toMatchObject({
    source: { name: 'gaussian', options: { n: 5, d: 4, heads: 1 } }, // tokens asks for as many as it says
    caches: [
      { name: 'window', label: 'window', options: {} },
      { name: 'subgen4', label: 'subgen4', options: { delta: 0.5 } },
    ],
    ...{ tokens: 5, prompt: 2, seed: 1, memory: 2 ** 31, reference: 'f64', onError: 'stop' },
    trace: { outputs: false, timings: true, recording: false },
  });
  expect({ execution, repeats }).toEqual({ execution: { threads: 2 }, repeats: 1 });
});

it('reads JSON, with tabs', async () => {
  const json = { kronflow: 1, source: { name: 'gaussian', n: 5 }, caches: [{ name: 'window', label: 'w' }] };
  folder.write({ 'a.json': JSON.stringify(json, null, '\t') });
  expect((await loadPipeline('a.json')).request.caches).toEqual([
    { name: 'window', label: 'w', options: {} },
  ]);
});

it('reads what Windows editors leave: a byte order mark, and carriage returns', async () => {
  const { request } = await load(`\ufeff${small().replaceAll('\n', '\r\n')}`);
  expect(request.tokens).toBe(5);
  folder.write({ 'b.yaml': small('seeds: 1\n').replaceAll('\n', '\r\n') });
  expect(await refusal('b.yaml')).toMatch(/^b\.yaml:8:1: .*\n  8 \| seeds: 1\n/);
});

it('follows aliases, but not into themselves', async () => {
  const text = small().replace('{ name: gaussian, d: 4, heads: 1 }', '&a { name: gaussian, d: 4 }');
  folder.write({ 'b.yaml': `${text}operators: [*a]\n`, 'c.yaml': small('operators: &o [*o]\n') });
  expect(await refusal('b.yaml')).toMatch(
    /^b\.yaml:2:20: operators\[0\]\.name: operator "gaussian" does not exist/,
  );
  expect(await refusal('c.yaml')).toMatch(/^c\.yaml:8:16: \*o names what it stands in/);
});

it('makes a request for each repeat, with a seed of its own', async () => {
  const seeds = repeatsOf(await load(small('repeats: 3\nseed: 7\n'))).map(({ seed }) => seed);
  expect(seeds).toEqual([7, 8, 9]);
});

describe('include', () => {
  it('merges maps and replaces lists; what comes later wins', async () => {
    folder.write({
      'one.yaml': windowOf('trace: { outputs: true }\nseed: 1\nprompt: 1\n'),
      'two.yaml': 'kronflow: 1\nseed: 2\ntrace: { timings: false }\n',
    });
    const { request } = await load(
      'kronflow: 1\ninclude: [one.yaml, two.yaml]\nprompt: 3\ncaches: [{ name: sinks }]\n',
    );
    expect(request).toMatchObject({ seed: 2, prompt: 3, trace: { outputs: true, timings: false } });
    expect(request.caches.map(({ name }) => name)).toEqual(['sinks']);
  });

  it('does not mix the options of two sources', async () => {
    folder.write({ 'one.yaml': small(), 'ids.txt': '1 2 3' });
    const { request } = await load('kronflow: 1\ninclude: one.yaml\nsource: { name: ids, path: ids.txt }\n');
    expect(request.source).toEqual({ name: 'ids', options: { path: 'ids.txt' } });
  });

  it('keeps paths relative to the file that has them, and the request to the working folder', async () => {
    folder.write({
      'deep/er/base.yaml': windowOf('output: ../out\n').replace(
        /source:.*/,
        'source: { name: ids, path: ids.txt }',
      ),
      'deep/er/ids.txt': '1 2 3',
    });
    const { request, execution } = await load('kronflow: 1\ninclude: deep/er/base.yaml\n');
    expect(request.source.options.path).toBe('deep/er/ids.txt');
    expect(execution.output).toBe('deep/out');
  });
});

describe('variables', () => {
  it('are typed as YAML types them, but texts stay texts', async () => {
    const text = small().replace('tokens: 5', 'tokens: ${N:7}\nprompt: "${P:1}"\ntrace: { timings: "${T}" }');
    const { request } = await load(text.replace('name: window', 'name: window\n    label: ${L:8}'), {
      env: { T: 'false', P: '2' },
    });
    expect(request).toMatchObject({ tokens: 7, prompt: 2, trace: { timings: false } });
    expect(request.caches[0].label).toBe('8');
  });

  it('an empty one is not set; :+ is there only if one is set; $${ is plain', async () => {
    const text = small('description: a${X:+b}c $${X} ${Y:d}\n');
    expect((await load(text, { env: { X: '', Y: '' } })).description).toBe('ac ${X} d');
    expect((await load(text, { env: { X: '1', Y: 'e' } })).description).toBe('abc ${X} e');
  });

  it('a path that begins with one is relative to where its user is, a default to the file', async () => {
    const text = windowOf('').replace(/source:.*/, 'source: { name: ids, path: "${IDS:ids.txt}" }');
    folder.write({ 'deep/b.yaml': text, 'deep/ids.txt': '1 2', 'mine.txt': '3' });
    expect((await loadPipeline('deep/b.yaml', { env: {} })).request.source.options.path).toBe('deep/ids.txt');
    const { request } = await loadPipeline('deep/b.yaml', { env: { IDS: 'mine.txt' } });
    expect(request.source.options.path).toBe('mine.txt');
  });

  it('are named with their place when they are missing or misspelt', async () => {
    folder.write({ 'a.yaml': small('seed: ${NOPE}\nprompt: ${A B}\n') });
    const said = await refusal('a.yaml');
    expect(said).toMatch(/a\.yaml:8:7: seed: the environment variable NOPE is not set/);
    expect(said).toMatch(/a\.yaml:9:9: prompt: \$\{A B\}: not a variable/);
  });
});

describe('--set', () => {
  it('puts values in: in lists, into maps that are not there, whole lists', async () => {
    const set = ['caches[1].delta=0.3', 'trace.outputs=true', 'caches[0].label=2024', 'model={scale: 2}'];
    const { request } = await load(small(), { set });
    expect(request).toMatchObject({ trace: { outputs: true }, model: { scale: 2 } });
    expect(request.caches).toMatchObject([{ label: '2024' }, { options: { delta: 0.3 } }]);
  });

  it.each([
    ['tokens', /--set tokens: not of the form path=value/],
    ['a..b=1', /not of the form/],
    [
      'caches[2].delta=1',
      /caches has 2 entries, so there is no caches\[2\].*\n {2}hint: the last is caches\[1\]/,
    ],
    ['caches.delta=1', /caches is a list of 2\n {2}hint: write caches\[0\]\.delta=/],
    ['tokens.x=1', /tokens is a value, and has no x/],
    ['caches[0].siz=1', /unknown option "siz" of cache window\n {2}hint: did you mean "size"/],
    ['tokns=1', /--set tokns=1: tokns: unknown key "tokns"\n {2}hint: did you mean "tokens"/],
    ['cachs[0].size=1', /--set cachs\[0\]\.size=1: unknown key "cachs"\n {2}hint: did you mean "caches"/],
    ['budgets[0]=1KiB', /budgets is no list\n {2}hint: write budgets=\[…\]/],
    ['budgets=[1', /--set budgets=\[1: /],
  ])('%s is refused', async (set, says) => {
    folder.write({ 'a.yaml': small() });
    expect(await refusal('a.yaml', { set: [set] })).toMatch(says);
  });
});

describe('budgets', () => {
  it('run every cache that has one at each, the others once', async () => {
    const { request } = await load(small('budgets: [1KiB, 2KiB]\n'));
    const labels = request.caches.map(({ label }) => label);
    expect(labels).toEqual(['window@1KiB', 'window@2KiB', 'subgen4']);
    expect(request.caches[1].options).not.toEqual(request.caches[0].options);
  });

  it('without caches, run all that have one', async () => {
    const { request } = await load(`${small().split('caches:')[0]}budgets: [4KiB]\n`);
    expect(request.caches.length).toBeGreaterThan(8);
    expect(request.caches.every(({ label }) => label!.endsWith('@4KiB'))).toBe(true);
  });

  it('point at the cache that cannot be so small', async () => {
    folder.write({ 'a.yaml': small('budgets: [8B]\n') });
    expect(await refusal('a.yaml')).toMatch(/^a\.yaml:8:10: budgets: cache window cannot be as small as 8 B/);
  });

  it('point at the entry that one of its caches comes from', async () => {
    folder.write({
      'a.yaml': small('budgets: [1KiB]\n').replace('- name: subgen4\n    delta: 0.5', '- name: window'),
    });
    expect(await refusal('a.yaml')).toMatch(
      /^a\.yaml:6:5: caches\[1\]: cache label "window@1KiB" names two caches/,
    );
  });
});

describe('a file that runs again', () => {
  const description = async (
    change: (run: { config: object; inputs: object[] }) => object = (run) => run,
  ) => {
    folder.write({
      'ids.txt': '1 2 3 4 5 6',
      'a.yaml': small().replace(/source:.*/, 'source: { name: ids, path: ids.txt }\nmodel: { d: 4 }'),
    });
    const { resolved } = await preparePipeline('a.yaml');
    const run = change({ config: resolved.config, inputs: [...resolved.inputs] });
    folder.write({ 'traces/one/run.json': JSON.stringify({ schema_version: 1, ...run }, null, 2) });
    return resolved.config;
  };

  it.each(['traces/one/run.json', 'traces/one'])('%s asks for the config of its run', async (path) => {
    const config = await description();
    const { resolved } = await preparePipeline(path);
    expect(resolved.config).toEqual(config);
    const other = await preparePipeline(path, { set: ['tokens=3', 'caches[1].delta=2'] });
    expect(other.resolved.config).toMatchObject({ tokens: 3, caches: [{}, { options: { delta: 2 } }] });
  });

  it('is refused when what it read is another file now', async () => {
    await description();
    folder.write({ 'ids.txt': '1 2 3 4 5 7' });
    expect(await refusal('traces/one')).toMatch(
      /source.*ids\.txt is not what it was when this run read it: sha256 was/,
    );
    await preparePipeline('traces/one', { set: ['tokens=3'] }); // no longer the same run
  });

  it('is held against the schema with the place in it', async () => {
    await description(({ config, inputs }) => ({ config: { ...config, tokns: 4 }, inputs }));
    expect(await refusal('traces/one')).toMatch(
      /^traces\/one\/run\.json:\d+:\d+: tokns: unknown key "tokns"/,
    );
  });
});
