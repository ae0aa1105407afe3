import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { builtIn } from '../registry.js';
import { pipelineJsonSchema } from './json-schema.js';
import { preparePipeline } from './prepare.js';
import { listPresets, presetFolder } from './presets.js';
import { small } from './testing/folder-of-pipelines.js';
import { violation } from './testing/validate.js';

const schema = pipelineJsonSchema();
const files = (readdirSync(presetFolder(), { recursive: true }) as string[]).filter((file) =>
  file.endsWith('.yaml'),
);
const says = (text: string) => violation(schema, parse(text));

it('the schema beside the presets is the one that is generated: npm run docs', () => {
  const path = join(presetFolder(), 'pipeline.schema.json');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(schema);
});

it('offers every plug-in that kronflow brings, with its options', () => {
  const { properties } = schema as { properties: Record<string, { items?: object; anyOf: object[] }> };
  const names = (list: unknown) =>
    (list as { anyOf: { properties: { name: { const?: string } } }[] }).anyOf.flatMap(
      ({ properties: { name } }) => name.const ?? [],
    );
  expect(names(properties.source)).toEqual(builtIn.sources.map(({ spec }) => spec.name));
  expect(names(properties.caches.items)).toEqual(builtIn.caches.map(({ spec }) => spec.name));
  expect(names(properties.operators.items)).toEqual(builtIn.operators.map(({ spec }) => spec.name));
});

describe('checks a file as the loader does', () => {
  it.each([
    ['a small one', small(), null],
    ['budgets', small('budgets: [16KiB, 4096]'), null],
    ['a budget that heads share', small('allocate: [{ policy: pyramid, bytes: 1MiB, at: 9 }]'), null],
    [
      'a budget that the heads of one cache share',
      small().replace('- name: window', '- { name: window, allocation: { policy: uniform, bytes: 1MiB } }'),
      null,
    ],
    ['an unknown policy', small('allocate: [{ policy: cone, bytes: 1MiB }]'), /allocate\[0\]/],
    ['variables', small('seed: ${SEED:1}\ntrace: { outputs: "${OUT}" }'), null],
    ['a plug-in of somebody', small().replace('window', './mine.js#mine\n    any: 1'), null],
    ['an unknown key', small('seeds: 1'), /seeds: unknown/],
    ['an unknown cache', small().replace('window', 'windw'), /caches\[0\]/],
    ['an unknown option', small().replace('delta', 'detla'), /detla: unknown/],
    ['a value that breaks a rule', small().replace('0.5', '-1'), /delta/],
    ['a text for a number', small('seed: many'), /seed/],
    ['another version', small().replace('kronflow: 1', 'kronflow: 2'), /kronflow/],
  ])('%s', (_, text, expected) => {
    const found = says(text);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatch(expected);
  });
});

describe('presets', () => {
  it.each(files)('%s is what the schema allows, and names it in its first line', (file) => {
    const path = join(presetFolder(), file);
    const text = readFileSync(path, 'utf8');
    const [, named] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(resolve(dirname(path), named)).toBe(join(presetFolder(), 'pipeline.schema.json'));
    expect(says(text)).toBeNull();
  });

  it('each can run, and says what it is for', async () => {
    const presets = await listPresets({});
    expect(presets.map(({ name }) => name)).toEqual([
      'compression-shoot-out',
      'long-context',
      'matrix-llm',
      'needle',
      'paper-trade-off',
      'quickstart',
    ]);
    for (const { name, description } of presets) {
      expect(description.length, name).toBeGreaterThan(40);
      await preparePipeline(`preset:${name}`, { env: {}, set: ['tokens=20'] });
    }
  });

  it('quickstart is what npm start runs', async () => {
    const { DEFAULT_CACHES } = await import('../../src/cli/run-flags.js');
    const { resolved } = await preparePipeline('preset:quickstart', { env: {} });
    expect(resolved.caches.map(({ label }) => label)).toEqual(DEFAULT_CACHES);
    expect(resolved.config).toMatchObject({ tokens: 400, source: { name: 'text' }, seed: 1 });
  });

  it('a name that is none is refused with the nearest', async () => {
    await expect(preparePipeline('preset:quikstart')).rejects.toThrow(
      /preset "quikstart" does not exist\n.*did you mean "quickstart"/,
    );
  });
});
