import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtIn } from '../../../pipelines/registry.js';
import * as operators from '../../../operators/index.js';
import { PLUGIN_KINDS } from '../../core/plugin.js';
import { flows } from './flows.js';
import { LISTED, listingOf } from './listings.js';
import { builtInComment } from './plugin-comment.js';
import { pluginPage } from './plugin-page.js';
import { kronflowHere } from '../testing/in-process.js';

const here = { cwd: process.cwd() };
const joined = (text: string) => text.replaceAll(/\s+/g, ' ');

describe('list', () => {
  it.each(LISTED)('%s: its JSON has the keys that docs/command-line.md says', async (kind) => {
    const { items } = await listingOf(kind);
    const row = readFileSync('docs/command-line.md', 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`| \`${kind}\``))!;
    const keys = [...row.replaceAll(/\([^)]*\)/g, '').matchAll(/`(\w+)`/g)].slice(1).map(([, key]) => key);
    for (const item of items) expect(Object.keys(item)).toEqual(keys);
    expect(JSON.parse(JSON.stringify(items))).toEqual(items);
  });

  it('says how to write what kronflow does not bring, and which kinds there are', async () => {
    expect((await kronflowHere(['list', 'sinks'], here)).stdout).toContain('kronflow create sink my-sink');
    const { code, stderr } = await kronflowHere(['list', 'cahces'], here);
    expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean "caches"?')]);
  });

  it('pipelines: the operators of pipelines/decode.ts, in its order', () => {
    const code = readFileSync('pipelines/decode.ts', 'utf8').replace(/^import .*$/gm, '');
    for (const { before, layer, after } of flows) {
      const names = [...before, ...layer, ...after].map((name) => name.replaceAll(/[[\]]/g, ''));
      for (const name of names) expect(operators).toHaveProperty(name);
      const through = names.slice(names.indexOf('capture'), names.indexOf('record') + 1);
      const places = through.map((name) => code.search(new RegExp(`\\b${name}\\(run`)));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
    }
  });
});

describe('help', () => {
  const every = PLUGIN_KINDS.flatMap((kind) => builtIn[`${kind}s`].map((plugin) => ({ kind, plugin })));

  it.each(every.map((one) => [`${one.kind} ${one.plugin.spec.name}`, one] as const))(
    '%s: options, defaults, paper, formula, comment and an example, in 100 columns',
    (_, { kind, plugin }) => {
      const { name, options, paper } = plugin.spec;
      const comment = builtInComment(kind, name);
      expect(comment).not.toBeNull();
      const page = pluginPage({ plugin, name, comment: null });
      for (const option of Object.keys(options.shape)) expect(page).toMatch(RegExp(`^  ${option} `, 'm'));
      if (paper !== null) expect(page).toContain(paper.url);
      if ('formulaText' in plugin.spec)
        expect(joined(page)).toContain(joined(String(plugin.spec.formulaText)));
      expect(page).toContain(`name: ${name}`);
      expect(page).not.toContain('undefined');
      const long = page
        .split('\n')
        .filter((line) => line.length > 100 && !/kronflow (run|compare) /.test(line));
      expect(long).toEqual([]);
    },
  );

  it('of a command is what --help says', async () => {
    const asked = await kronflowHere(['help', 'seal'], here);
    expect(asked).toEqual(await kronflowHere(['seal', '--help'], here));
    expect(asked.stdout).toContain('Usage: kronflow seal');
    expect((await kronflowHere(['help'], here)).stdout).toContain('exit codes:');
  });

  it.each([
    [['help', 'cache', 'subgn4'], 'did you mean "subgen4"'],
    [['help', 'rn'], 'did you mean "run"'],
    [['help', 'needle'], 'see kronflow help source needle'],
    [['help', 'operator'], 'see kronflow list operators'],
  ])('%j: refused, with the nearest names', async (args, hint) => {
    const { code, stderr } = await kronflowHere(args, here);
    expect([code, stderr]).toEqual([2, expect.stringContaining(hint)]);
  });
});
