import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, resolveConfig } from 'prettier';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { kronflowHere } from '../testing/in-process.js';
import { scaffolds } from './index.js';
import { camelCase, checkName } from './names.js';

let folder = temporaryFolder();
beforeEach(() => {
  folder.remove();
  folder = temporaryFolder();
});
afterAll(() => folder.remove());

const create = (...args: readonly string[]) => kronflowHere(['create', ...args], { cwd: folder.path });

const all = Object.keys(scaffolds).flatMap((kind) =>
  [false, true].map((typescript) => ({ kind, typescript })),
);

it.each(all)('$kind, typescript $typescript: code that needs no formatting, in few lines', async (of) => {
  const files = scaffolds[of.kind]({ name: 'my-own', exported: 'myOwn', typescript: of.typescript });
  const style = await resolveConfig('src/cli/program.ts');
  for (const [path, text] of Object.entries(files)) {
    expect([path, await check(text, { ...style, filepath: path })]).toEqual([path, true]);
    expect(text.split('\n').length).toBeLessThan(52);
  }
});

describe('kronflow create', () => {
  it('writes a folder of its own, and says what is next', async () => {
    const { code, stdout } = await create('cache', 'my-cache');
    expect([code, stdout]).toEqual([0, expect.stringContaining('cd my-cache && npm install && npm test')]);
    expect(readdirSync(join(folder.path, 'my-cache')).sort()).toEqual([
      ...[
        'README.md',
        'my-cache.js',
        'my-cache.test.js',
        'package.json',
        'pipeline.test.yaml',
        'pipeline.yaml',
      ],
    ]);
    expect(readFileSync(join(folder.path, 'my-cache/my-cache.js'), 'utf8')).toContain('export const myCache');
  });

  it('overwrites nothing, not even in part', async () => {
    writeFileSync(join(folder.path, 'first.test.yaml'), 'mine');
    const { code, stderr } = await create('pipeline', 'first');
    expect([code, stderr]).toEqual([2, expect.stringContaining('first.test.yaml is there already')]);
    expect(existsSync(join(folder.path, 'first.yaml'))).toBe(false);
  });

  it('writes a pipeline whose tests pass', async () => {
    await create('pipeline', 'first', '-o', 'sub');
    const { code, stdout } = await kronflowHere(['test', 'sub/first.test.yaml'], { cwd: folder.path });
    expect([code, stdout]).toEqual([0, expect.stringContaining('2 passed, 0 failed')]);
    const file = join(folder.path, 'sub/first.test.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('rows: 320', 'rows: 321'));
    const failed = await kronflowHere(['test', 'sub/first.test.yaml', '--json'], { cwd: folder.path });
    expect(failed.code).toBe(4);
    expect(JSON.parse(failed.stdout)).toMatchObject({
      ...{ passed: 1, failed: 1 },
      files: [{ tests: [{ findings: [{ path: ['expect', 'rows'], expected: '321', found: '320' }] }, {}] }],
    });
  });

  it.each([
    ['MyCache', 'my-cache'],
    ['my_cache', 'my-cache'],
    ['../x', 'x'],
    ['9lives', 'lives'],
    ['class', 'my-class'],
    ['', 'my-cache'],
    ['a'.repeat(61), 'a'.repeat(50)],
  ])('refuses the name "%s" and proposes one that would do', (name, proposal) => {
    expect(() => checkName('cache', name)).toThrow(expect.objectContaining({ hint: `use ${proposal}` }));
    expect(checkName('cache', proposal)).toBe(proposal);
    expect(camelCase(proposal)).toMatch(/^[a-z][a-zA-Z]*$/);
  });

  it('knows what it can create', async () => {
    expect((await create('cahce', 'x')).stderr).toContain('did you mean "cache"');
  });
});
