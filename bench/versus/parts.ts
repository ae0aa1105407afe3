import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Least nanoseconds of each part of a block, 64 rows × 64 keys, of the native kernel on one thread. */
export interface Parts {
  readonly d: number;
  readonly scores: number;
  readonly largest: number;
  readonly weigh: number;
  readonly values: number;
  /** The share of a block in a whole tile, with all that is around the parts. */
  readonly block: number;
}

/** Compile parts.c into `folder` and run it; nothing where there is no compiler. */
export function measureParts(folder: string): readonly Parts[] {
  const source = fileURLToPath(new URL('../../../bench/versus/parts.c', import.meta.url));
  const program = join(folder, 'parts');
  const flags = ['-O2', '-std=gnu11', '-ffp-contract=fast', '-fno-math-errno', source, '-o', program, '-lm']; // as in workers/native/build.mjs
  try {
    execFileSync(process.env.CC ?? 'cc', flags, { stdio: 'pipe' });
  } catch {
    return [];
  }
  return [16, 64, 128].map((d) => {
    const numbers = execFileSync(program, [String(d)], { encoding: 'utf8' })
      .trim()
      .split(' ')
      .map(Number);
    const [scores, largest, weigh, values, block] = numbers;
    return { d, scores, largest, weigh, values, block };
  });
}
