import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Run `work` on a disk of `kibibytes`, a tmpfs. Mounting takes root on Linux: where it is not permitted the test
 * is skipped with `skip` of its context; in CI it must work.
 */
export async function onTinyDisk(
  kibibytes: number,
  skip: (note: string) => void,
  work: (path: string) => Promise<void>,
): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'kronflow-disk-'));
  try {
    mount(path, kibibytes);
  } catch (error) {
    rmSync(path, { recursive: true });
    if (process.env.CI)
      throw new Error('no tmpfs can be mounted: in CI a full disk must be tested', { cause: error });
    return skip('no tmpfs can be mounted here');
  }
  try {
    await work(path);
  } finally {
    execFileSync('umount', ['--lazy', path]);
    rmSync(path, { recursive: true });
  }
}

function mount(path: string, kibibytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', path], { stdio: 'ignore' });
}
