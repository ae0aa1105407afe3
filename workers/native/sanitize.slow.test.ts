import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const FLAGS = ['-O1', '-g', '-std=gnu11', '-ffp-contract=fast', '-fno-math-errno', '-Wall', '-Wextra'];
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** The sanitized program, or null where no compiler can make it. */
function build(): string | null {
  const program = join(folder.path, 'sanitize');
  const sources = ['sanitize.c', 'kernels.c'].map((name) => join('workers/native', name));
  try {
    execFileSync('cc', [...FLAGS, ...SANITIZERS, ...sources, '-o', program, '-lm'], { stdio: 'pipe' });
    return program;
  } catch (error) {
    if (process.env.CI) throw error; // in CI it must be tested
    console.warn('no C compiler with sanitizers: the native kernel is not tested under them');
    return null;
  }
}

const program = build();

describe.skipIf(program === null)(
  'the native kernel under address and undefined-behaviour sanitizers',
  () => {
    it.each(['avx512', 'avx2', 'portable'])('%s: clean, and right over random jobs', (set) => {
      const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' }; // leaks need ptrace, which containers forbid
      const printed = execFileSync(program!, [set], { env, encoding: 'utf8' });
      expect(printed).toMatch(RegExp(`^${set}: (worst error|not on this processor)`));
    });
  },
);
