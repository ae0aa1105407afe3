import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const node24 = process.env.KRONFLOW_NODE24; // path of a Node 24 binary, as in the npm package `node`
if (node24 === undefined) {
  if (process.env.CI) throw new Error('KRONFLOW_NODE24 is not set; in CI wasm must be tested on Node 24 too');
  console.warn('KRONFLOW_NODE24 is not set: the wasm kernel is tested on this version of Node only');
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const REVECTORIZE = '--experimental-wasm-revectorize';
type Hashes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What every build answers, hashed, on one version of Node. */
async function hashes(node: string, ...flags: readonly string[]): Promise<Hashes> {
  const script = `${root}dist/workers/testing/wasm-hash.js`;
  const { stdout } = await promisify(execFile)(node, [...flags, script]);
  return JSON.parse(stdout) as Hashes;
}

/** What `kronflow doctor` says of wasm. */
async function rungOfDoctor(node: string, env: NodeJS.ProcessEnv) {
  const doctor = [`${root}dist/src/cli/main.js`, 'doctor', '--json'];
  const { stdout } = await promisify(execFile)(node, doctor, { env });
  const { ladder } = JSON.parse(stdout) as { ladder: { name: string; label: string; note?: string }[] };
  return ladder.find(({ name }) => name === 'wasm');
}

/** The one hash that all pools agree on. */
function only(answers: Readonly<Record<string, string>>): string {
  expect(Object.keys(answers)).toEqual(['1', '2', '5', 'inline']);
  const [first, ...others] = new Set(Object.values(answers));
  expect(others).toEqual([]);
  return first;
}

it('wasm answers the same bits on the calling thread and with 1, 2 and 5 threads (L6)', async () => {
  const found = await hashes(process.execPath);
  expect(Object.keys(found)).toContain('wasm-128');
  for (const answers of Object.values(found)) only(answers);
});

describe.skipIf(node24 === undefined)('wasm on Node 24', () => {
  it('answers the same bits as here, and the same from both fused builds, pairs fused or not', async () => {
    const [here, plain, fused] = [
      await hashes(process.execPath),
      await hashes(node24!),
      await hashes(node24!, REVECTORIZE),
    ];
    const relaxed = only(plain['wasm-relaxed']);
    expect(only(plain['wasm-128'])).toBe(only(here['wasm-128']));
    expect(only(fused['wasm-128'])).toBe(only(here['wasm-128']));
    for (const { 'wasm-paired': paired } of [plain, fused]) expect(only(paired)).toBe(relaxed);
    expect(only(fused['wasm-relaxed'])).toBe(relaxed);
  });

  it('has its pairs fused where the command line may, and not with KRONFLOW_WASM_REVEC=0', async () => {
    const { KRONFLOW_WASM_REVEC: _said, ...env } = process.env;
    const refused = await rungOfDoctor(node24!, { ...env, KRONFLOW_WASM_REVEC: '0' });
    expect(refused?.label).toBe('wasm relaxed');
    expect(refused?.note).toMatch(/KRONFLOW_WASM_REVEC/);
    const allowed = await rungOfDoctor(node24!, env); // whether they are fused is up to the processor
    expect(['wasm paired', 'wasm relaxed']).toContain(allowed?.label);
    expect(allowed?.note ?? '').not.toMatch(/KRONFLOW_WASM_REVEC/);
  });

  it.each(['0', '1'])(
    'passes the tests of fast kernels with every build (pairs fused: %s)',
    async (fused) => {
      const vitest = `${root}node_modules/vitest/vitest.mjs`;
      const tests = ['run', '--project', 'quick', 'workers/kernels/wasm.test.ts'];
      const outer = Object.entries(process.env).filter(([key]) => !key.startsWith('VITEST'));
      const env = { ...Object.fromEntries(outer), KRONFLOW_WASM_REVEC: fused };
      const { stdout } = await promisify(execFile)(node24!, [vitest, ...tests], { cwd: root, env });
      expect(stdout).toMatch(/[1-9]\d* passed, 0 failed/);
    },
  );
});
