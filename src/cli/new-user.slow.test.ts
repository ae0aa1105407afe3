import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../data/testing/folder.js';
import type { CachePlugin } from '../core/cache.js';
import { checkCache } from '../testing/index.js';

// A new user in an empty folder, with what `npm pack` packs: scaffold a cache, change its policy, test it, run it.
const run = promisify(execFile);
const folder = temporaryFolder();
const modules = join(folder.path, 'node_modules');
const MAIN = join(modules, 'kronflow/dist/src/cli/main.js');
afterAll(() => folder.remove());

/**
 * Unpack the tarball as npm would. Its dependencies are links to ours, the declared ones and no other: to download them
 * again would test the registry. What is not declared, or not packed, is not found.
 */
beforeAll(async () => {
  const { stdout } = await run('npm', [
    'pack',
    '--ignore-scripts',
    '--json',
    '--pack-destination',
    folder.path,
  ]);
  const [{ filename }] = JSON.parse(stdout) as { filename: string }[];
  mkdirSync(join(modules, 'kronflow'), { recursive: true });
  const packed = join(folder.path, filename);
  await run('tar', ['-xzf', packed, '--strip-components=1', '-C', join(modules, 'kronflow')]);
  const { dependencies } = JSON.parse(readFileSync(join(modules, 'kronflow/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) link(name);
});

function link(name: string): void {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  symlinkSync(resolve('node_modules', name), join(modules, name));
}

/** Run a command as somebody at a prompt in `cwd` would; what it prints, and how it ended. */
async function at(cwd: string, command: string, ...args: readonly string[]) {
  const ran = run(command, args, { cwd: join(folder.path, cwd), maxBuffer: 1 << 26, env: plainEnv() });
  return ran.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

/** Without what the test runner says to processes of its own. */
function plainEnv(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  return env;
}

const kronflow = (...args: readonly string[]) => at('.', process.execPath, MAIN, ...args);

/** The policy of the scaffold, and what a researcher makes of it: the token with the smallest value leaves. */
const EDITS = [
  ['Keep the last tokens of each side.', 'Keep the tokens of each side with the largest values.'],
  ["summary: 'keep the last tokens of each side, forget the rest'", "summary: 'keep the largest values'"],
  ['{ metadata: 0 }', '{ metadata: 2 }'],
  ['2·(kept1 + kept2)·d·b', '2·(kept1 + kept2)·d·b, and 2·b of metadata for each'],
  [
    "{ allowed, positions: 'implied' });",
    "{ allowed, positions: 'metadata' });\n  const length = kit.column(parts);",
  ],
  ['kept.oldest();', 'length.least(kept.order, kit.beforeRecent(kept, 1));'],
  [
    'return { kept, saved: kept, take: (entry) => void kept.put(entry, victim) };',
    `const saved = kit.savedTogether({ kept, length });
  return { kept, saved, take: (entry) => length.set(kept.put(entry, victim), Math.hypot(...entry.v)) };`,
  ],
] as const;

function edit(edits: readonly (readonly [string, string])[]): void {
  const path = join(folder.path, 'my-cache/my-cache.js');
  const edited = edits.reduce(
    (text, [from, to]) => {
      expect(text).toContain(from);
      return text.replace(from, to);
    },
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, edited);
}

describe('a new user', () => {
  it('scaffolds a cache, turns it into another, tests it, and runs it beside ours', async () => {
    const created = await kronflow('create', 'cache', 'my-cache');
    expect([created.code, created.stdout]).toEqual([0, expect.stringContaining('cd my-cache && npm test,')]);
    edit(EDITS.slice(0, 6)); // all but what is saved
    const forgot = await at(
      'my-cache',
      process.execPath,
      '--test',
      '--test-reporter=tap',
      'my-cache.test.js',
    );
    expect(forgot.stdout).toMatch(/cache my-cache breaks the law.*\n.*found: step \d+: .*bytes/);

    edit(EDITS.slice(6));
    const tested = await at(
      'my-cache',
      process.execPath,
      '--test',
      '--test-reporter=tap',
      'my-cache.test.js',
    );
    expect(tested.stdout).toMatch(/^# pass 1\d$[^]*^# fail 0$/m);
    const piped = await kronflow('test', 'my-cache/pipeline.test.yaml');
    expect([piped.code, piped.stdout]).toEqual([0, expect.stringContaining('2 passed, 0 failed')]);

    const reference = './my-cache/my-cache.js#myCache';
    const beside = ['-c', 'four-cache', '-c', 'window:size=16', '-c', `${reference}:size=16`];
    const ran = await kronflow('run', 'preset:quickstart', '--tokens', '60', ...beside, '-o', 'traces/mine');
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    const shown = await kronflow('inspect', 'traces/mine');
    expect(shown.stdout).toMatch(/my-?cache/i);
    expect((await kronflow('help', 'cache', reference)).stdout).toContain('keep the largest values');
  });

  it('has every public module', async () => {
    const names = ['', '/operators', '/caches', '/pipelines', '/data', '/workers', '/testing'];
    const imports = names.map((name, i) => `import * as m${i} from 'kronflow${name}';`);
    writeFileSync(join(folder.path, 'all.mjs'), `${imports.join('\n')}\nconsole.log(Object.keys(m6));\n`);
    expect(await at('.', process.execPath, 'all.mjs')).toMatchObject({
      ...{ code: 0, stdout: expect.stringContaining('checkCache') },
    });
  });

  it('can be checked by another copy of kronflow than the one it was made with', async () => {
    expect(await kronflow('create', 'cache', 'their-cache')).toMatchObject({ code: 0 });
    const { theirCache } = (await import(join(folder.path, 'their-cache/their-cache.js'))) as {
      theirCache: CachePlugin;
    };
    await checkCache(theirCache, { options: [{ size: 5 }], effort: 'quick' });
    const anything = theirCache.spec.options.extend({ size: z.any().default(4).describe('anything') });
    const bad = Object.assign(() => theirCache(), { spec: { ...theirCache.spec, options: anything } });
    const accepts = checkCache(bad as CachePlugin, { effort: 'quick' });
    await expect(accepts).rejects.toThrow(/no-such-option = 1 was accepted/);
  });

  it('gets plug-ins of every kind that type-check, in both languages, and pass their tests', async () => {
    for (const name of ['@types/node', 'undici-types']) link(name);
    const kinds = ['cache', 'operator', 'source', 'sink'];
    for (const kind of kinds) {
      expect(await kronflow('create', kind, `ts-${kind}`, '--typescript')).toMatchObject({ code: 0 });
      expect(await kronflow('create', kind, `js-${kind}`)).toMatchObject({ code: 0 });
    }
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    expect(await at('ts-cache', process.execPath, tsc)).toMatchObject({ code: 0, stdout: '' });
    const check = ['--noEmit', '--allowJs', '--checkJs', '--strict', '--skipLibCheck', '--types', 'node'];
    const files = kinds.flatMap((kind) => [`js-${kind}/js-${kind}.js`, `ts-${kind}/ts-${kind}.ts`]);
    const checked = await at(
      '.',
      process.execPath,
      tsc,
      ...check,
      '--target',
      'es2023',
      '--module',
      'nodenext',
      ...files,
    );
    expect(checked).toMatchObject({ code: 0, stdout: '' });
    const pipelines = ['ts-cache', ...kinds.map((kind) => `js-${kind}`)];
    const tested = await kronflow('test', ...pipelines.map((name) => `${name}/pipeline.test.yaml`));
    expect([tested.code, tested.stdout]).toEqual([0, expect.stringContaining('8 passed, 0 failed')]);
    const linted = await kronflow('lint', ...pipelines.map((name) => `${name}/pipeline.yaml`));
    expect([linted.code, linted.stderr]).toEqual([0, '']);
  });
});
