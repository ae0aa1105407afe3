import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quiet } from './quiet.js';

/** Vector widths whose peak is measured. */
export const SETS = ['avx512', 'avx2', '128'] as const;

/** One of them. */
export type PeakSet = (typeof SETS)[number];

/** GF/s of multiply-adds in registers, all threads together: the most that was ever seen. */
export type Peaks = Readonly<Partial<Record<PeakSet, number>>>;

/** Measures the peaks again and again between other work, and keeps the best: a limit of the machine, not of the hour. */
export class PeakMeter {
  readonly #best = new Map<PeakSet, number>();
  readonly #program: string | null;

  /** Compile peak.c into `folder`; without a compiler there are no peaks. */
  constructor(
    folder: string,
    readonly threads: number,
  ) {
    const source = fileURLToPath(new URL('../../../bench/versus/peak.c', import.meta.url));
    const program = join(folder, 'peak');
    const flags = ['-O2', '-ffp-contract=fast', '-pthread', source, '-o', program];
    try {
      execFileSync(process.env.CC ?? 'cc', flags, { stdio: 'pipe' });
      this.#program = program;
    } catch {
      this.#program = null;
    }
  }

  async measure(): Promise<void> {
    for (const set of this.#program === null ? [] : SETS) {
      await quiet();
      const run = spawnSync(this.#program!, [set, String(this.threads), '20'], { encoding: 'utf8' });
      const best = Number(run.stdout.split(' ')[1]);
      if (run.status === 0) this.#best.set(set, Math.max(best, this.#best.get(set) ?? 0));
    }
  }

  get peaks(): Peaks {
    return Object.fromEntries(this.#best);
  }
}
