import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { kronflow, MAIN } from './testing/kronflow.js';

const folder = temporaryFolder();
const RUN = ['run', '--source', 'gaussian:n=6,d=4,heads=1', '--threads', '1', '--json'];
const args = [...RUN, '-c', './narrow.ts#narrow', '-o', 'out'];
afterAll(() => folder.remove());

beforeAll(() => {
  mkdirSync(join(folder.path, 'node_modules'));
  symlinkSync(fileURLToPath(new URL('../../', import.meta.url)), join(folder.path, 'node_modules/kronflow'));
  const lines = [
    "import { caches } from 'kronflow/operators';",
    "const window = caches.find(({ spec }) => spec.name === 'window')!;",
    "const spec: object = { ...window.spec, name: 'narrow' };",
    'export const narrow = Object.assign((options: unknown) => ({ ...window({ size: 2 }), spec }), { spec });',
  ];
  writeFileSync(join(folder.path, 'narrow.ts'), lines.join('\n'));
});

it('a plug-in in TypeScript is loaded where Node can', async ({ skip }) => {
  const node24 = process.env.KRONFLOW_NODE24;
  if (node24 === undefined && !process.env.CI) return skip('KRONFLOW_NODE24 names no Node 24');
  const { stdout } = await promisify(execFile)(node24!, [MAIN, ...args], { cwd: folder.path });
  expect(JSON.parse(stdout)).toMatchObject({ tokens: 6, caches: [{ cache: 'narrow' }] });
});

it.skipIf(Boolean((process.features as { typescript?: unknown }).typescript))(
  'and where Node cannot, the message says how to build it',
  async () => {
    const { code, stderr } = await kronflow(args, { cwd: folder.path });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /plug-in \.\/narrow\.ts#narrow: Node .+ cannot load TypeScript\n {2}hint: build it: npx tsc .*narrow\.ts/,
    );
  },
);
