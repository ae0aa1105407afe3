import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { builtIn, isReference, loadPlugins, pluginOf } from './registry.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const write = (name: string, text: string) => {
  const path = join(folder.path, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
};

/** A plug-in as another copy of kronflow would make it: by structure, nothing of ours in it. */
const plugin = (name: string, spec = '', kind = 'operator') =>
  `Object.assign(() => () => (events) => events, { spec: { kind: '${kind}', apiVersion: 1, name: '${name}', ` +
  `summary: 'does nothing', paper: null, options: z.object({}), after: 'attend', ${spec} } })`;
const module = (...lines: string[]) => ["import { z } from 'zod';", ...lines].join('\n');

beforeAll(() => {
  mkdirSync(join(folder.path, 'node_modules'));
  const zod = fileURLToPath(new URL('../node_modules/zod', import.meta.url));
  symlinkSync(zod, join(folder.path, 'node_modules/zod'));
  write(
    'two.mjs',
    module(
      `export const one = ${plugin('one')};`,
      `export const other = ${plugin('other')};`,
      'export const n = 3;',
    ),
  );
  write('single.mjs', module(`export const only = ${plugin('only')};`, 'export const n = 3;'));
  write(
    'default.mjs',
    module(`export default ${plugin('usual')};`, `export const other = ${plugin('other')};`),
  );
  write('none.mjs', 'export const n = 3;');
  write('throws.mjs', "const x = 1;\nthrow new TypeError('no weights here');\n");
  write('syntax.mjs', 'export const = 3;\n');
  write(
    'odd.mjs',
    "export const huge = { text: 'x'.repeat(1e5) };\nexport const circle = { n: 1n };\ncircle.own = circle;\n",
  );
  write('needs.mjs', "import 'not-installed-anywhere';\n");
  write('old.mjs', module(`export const old = ${plugin('old', 'apiVersion: 0')};`));
  write('new.mjs', module(`export const fresh = ${plugin('fresh', 'apiVersion: 2')};`));
  write('kind.mjs', module(`export const x = ${plugin('x', '', 'opreator')};`));
  write('after.mjs', module(`export const x = ${plugin('x', "after: 'embed'")};`));
  write('named.mjs', module(`export const x = ${plugin('My Plug-in')};`));
  write('schema.mjs', module(`export const x = ${plugin('x', 'options: { size: 3 }')};`));
  write(
    'own-name.mjs',
    module(`export const x = ${plugin('x', 'options: z.object({ name: z.string() })')};`),
  );
  write('cache.mjs', module(`export const x = ${plugin('x', "exactness: 'nearly'", 'cache')};`));
  write('typed.ts', 'export const x: number = 3;');
  write(
    'node_modules/@me/ops/package.json',
    '{"name":"@me/ops","type":"module","exports":{".":{"import":"./main.js"},"./more":"./more.js"}}',
  );
  write('node_modules/@me/ops/main.js', module(`export const mine = ${plugin('mine')};`));
  write('node_modules/@me/ops/more.js', module(`export const more = ${plugin('more')};`));
  write('node_modules/ops/package.json', '{"name":"ops","type":"module","main":"./main.js"}');
  write('node_modules/ops/main.js', module(`export const mine = ${plugin('plain')};`));
});

const load = async (name: string) => pluginOf(await loadPlugins([name], folder.path), 'operator', name);

it.each(['./a.js', '../a.js#b', '/a.js', '@me/x', 'pkg#name'])('%s is a reference', (name) =>
  expect(isReference(name)).toBe(true),
);
it.each(['window', 'mass-by-position', 'pkg'])('%s is a name of ours', (name) =>
  expect(isReference(name)).toBe(false),
);

it.each([
  ['./two.mjs#other', 'other'],
  ['./single.mjs', 'only'],
  ['./default.mjs', 'usual'],
  ['@me/ops#mine', 'mine'],
  ['@me/ops/more', 'more'],
  ['ops#mine', 'plain'],
])('%s loads %s, seen from the folder of the user', async (reference, name) => {
  expect((await load(reference)).spec.name).toBe(name);
});

it('takes an absolute path, and knows the file', async () => {
  const path = join(folder.path, 'single.mjs');
  const registry = await loadPlugins([path], '/');
  expect(registry.loaded.get(path)?.input).toMatchObject({
    ...{ kind: 'plugin', name: path, path },
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(registry.operators).toHaveLength(builtIn.operators.length + 1);
  expect(await loadPlugins([path], '/', registry)).toBe(registry); // once is enough
});

it('does not let the name of a plug-in stand for its reference', async () => {
  const registry = await loadPlugins(['./single.mjs'], folder.path);
  expect(() => pluginOf(registry, 'operator', 'only')).toThrow(/operator "only" does not exist/);
  expect(() => pluginOf(registry, 'cache', './single.mjs')).toThrow(
    /is an operator, where a cache is needed/,
  );
});

describe('says what is wrong with', () => {
  it.each([
    ['./gone.mjs#x', 'not-found', /^plug-in \.\/gone\.mjs#x: .*gone\.mjs does not exist/],
    ['./singel.mjs', 'not-found', /single\.mjs/],
    ['@me/gone#x', 'not-found', /@me\/gone: no such package.*npm install @me\/gone/s],
    ['#x', 'bad-plugin', /MODULE#EXPORT/],
    ['./two.mjs#', 'bad-plugin', /MODULE#EXPORT/],
    ['./two.mjs#othr', 'bad-plugin', /no export "othr".*did you mean "other"/s],
    ['./two.mjs#n', 'bad-plugin', /3 is not a plug-in.*defineCache/s],
    ['./two.mjs', 'bad-plugin', /exports 2 plug-ins.*\.\/two\.mjs#one, \.\/two\.mjs#other/s],
    ['./none.mjs', 'bad-plugin', /exports no plug-in/],
    [
      './throws.mjs#x',
      'bad-plugin',
      /throws when it is imported: TypeError: no weights here \(throws\.mjs:2:7\)/,
    ],
    ['./syntax.mjs#x', 'bad-plugin', /throws when it is imported: .*(SyntaxError|Parse)/],
    ['./needs.mjs#x', 'bad-plugin', /not-installed-anywhere.*npm install not-installed-anywhere$/s],
    ['./odd.mjs#huge', 'bad-plugin', /odd\.mjs#huge: \{"text":"x+… is not a plug-in/],
    ['./odd.mjs#circle', 'bad-plugin', /odd\.mjs#circle: an object is not a plug-in/],
    [
      './old.mjs',
      'bad-plugin',
      /apiVersion = 0, kronflow .* runs plug-ins of version 1.*update the plug-in/s,
    ],
    ['./new.mjs', 'bad-plugin', /apiVersion = 2.*update kronflow/s],
    ['./kind.mjs', 'bad-plugin', /kind = "opreator".*did you mean "operator"/s],
    ['./after.mjs', 'bad-plugin', /after = "embed": must be one of project, attend, compare, account/],
    ['./named.mjs', 'bad-plugin', /name = "My Plug-in": must be a name in kebab case/],
    ['./schema.mjs', 'bad-plugin', /options = \{"size":3\}: must be an object schema of zod 4/],
    ['./own-name.mjs', 'bad-plugin', /its option is called name, .*\n  hint: call the option something else/],
    ['./cache.mjs', 'bad-plugin', /exactness = "nearly": must be one of exact, certified/],
  ] as const)('%s', async (reference, code, says) => {
    await expect(load(reference)).rejects.toMatchObject({ name: 'Failure', code });
    await expect(load(reference)).rejects.toThrow(says);
  });

  it.skipIf((process.features as { typescript?: unknown }).typescript)(
    'TypeScript where Node cannot load it',
    async () => {
      await expect(load('./typed.ts#x')).rejects.toThrow(
        /cannot load TypeScript\n  hint: build it: npx tsc .* typed\.ts/,
      );
    },
  );
});
