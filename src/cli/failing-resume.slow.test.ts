import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { onTinyDisk } from '../../data/testing/tiny-disk.js';
import { until } from '../../pipelines/testing/journal-state.js';
import { kronflow, startKronflow, succeed } from './testing/kronflow.js';

const [STEPS, EVERY] = [240, 40];
const MODEL = ['--source', `gaussian:n=${STEPS}`, '--d', '32', '--heads', '1', '--reference', 'none'];
const ARGS = ['run', ...MODEL, '-c', 'four-cache', '--threads', '1', '--kernel', 'reference', '--outputs'];
const HOW = ['--timings', 'off', '--snapshot-every', `${EVERY}`];

const folder = temporaryFolder();
const started = { cwd: folder.path };
const at = (name: string) => join(folder.path, name);
const snapshots = (dir: string) => readdirSync(join(dir, 'journal')).filter((name) => /^snapshot/.test(name));

/** The run that nobody disturbs, and one that was killed when it had a snapshot. */
beforeAll(async () => {
  await succeed([...ARGS, ...HOW, '-o', 'whole'], started);
  const { child, finished } = startKronflow([...ARGS, ...HOW, '-o', 'killed'], started);
  const doomed = () => existsSync(join(at('killed'), 'journal')) && snapshots(at('killed')).length > 1;
  await until(doomed, finished);
  child.kill('SIGKILL');
  expect((await finished).signal).toBe('SIGKILL');
});
afterAll(() => folder.remove());

/** Resumed elsewhere, the killed run becomes the whole one, byte for byte. */
async function resumes(dir: string): Promise<void> {
  const { code, stderr } = await kronflow(['resume', dir], started);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  for (const file of ['steps.parquet', 'outputs.parquet', 'events.parquet']) {
    expect(readFileSync(join(dir, file)).equals(readFileSync(join(at('whole'), file))), file).toBe(true);
  }
}

/** Everything that a resume could go on from, by name and length. */
function kept(dir: string): readonly string[] {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && entry.name !== 'log.jsonl')
    .map(({ name }) => name)
    .sort();
}

describe('a disk that is full', () => {
  it('while a snapshot is written: the run goes on without, and leaves no half of one', ({ skip }) =>
    // the journal takes some 110 KiB, a snapshot at the end 4·240·32·4 = 120 KiB, and two of them are kept
    onTinyDisk(220, skip, async (disk) => {
      const dir = join(disk, 'run');
      const { child, finished } = startKronflow([...ARGS, ...HOW, '--log-level', 'warn', '-o', dir], started);
      const refusals = () => existsSync(join(dir, 'log.jsonl')) && /no snapshot/.test(log(dir));
      await until(refusals, finished);
      child.kill('SIGSTOP');
      expect(snapshots(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      cpSync(dir, at('without-snapshots'), { recursive: true });
      child.kill('SIGKILL');
      await finished;
      expect(log(at('without-snapshots'))).toMatch(/"code":"disk-full"/);
      await resumes(at('without-snapshots'));
    }));

  it('when a run is resumed: it says so, keeps what was done, and is resumed elsewhere', ({ skip }) =>
    onTinyDisk(sizeOf(at('killed')) + 24, skip, async (disk) => {
      const dir = join(disk, 'run');
      cpSync(at('killed'), dir, { recursive: true });
      const { code, stderr } = await kronflow(['resume', dir], started);
      expect({ code, stderr }).toMatchObject({ code: 3 });
      expect(stderr).toMatch(/\nkronflow: .+: the disk is full \(ENOSPC\)\n {2}hint: free some space/);
      expect(readdirSync(dir).filter((name) => name.endsWith('.parquet'))).toEqual([]);
      cpSync(dir, at('moved'), { recursive: true });
      await resumes(at('moved'));
    }));
});

describe('a folder that cannot be written', () => {
  it('because its disk is read-only: resume and seal say so, and change nothing', ({ skip }) =>
    onTinyDisk(4096, skip, async (disk) => {
      const dir = join(disk, 'run');
      cpSync(at('killed'), dir, { recursive: true });
      const before = kept(dir);
      execFileSync('mount', ['-o', 'remount,ro', disk]);
      for (const command of ['resume', 'seal']) {
        const { code, stderr } = await kronflow([command, dir], started);
        expect({ command, code }).toEqual({ command, code: 3 });
        expect(stderr).toMatch(/^kronflow: .+: cannot be written \(EROFS\)\n {2}hint: .+\n$/);
      }
      expect(kept(dir)).toEqual(before);
      execFileSync('mount', ['-o', 'remount,rw', disk]);
      await resumes(dir);
    }));

  it('because it belongs to somebody else', async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('only root can be another user');
    cpSync(at('killed'), at('of-root'), { recursive: true });
    execFileSync('chmod', ['-R', 'a+rX,go-w', folder.path]);
    const before = kept(at('of-root'));
    for (const command of ['resume', 'seal']) {
      const { code, stderr } = await kronflow([command, 'of-root'], { ...started, uid: NOBODY });
      expect({ command, code, stderr }).toMatchObject({ command, code: 3 });
      expect(stderr).toMatch(/^kronflow: .+: cannot be written \(EACCES\)\n {2}hint: .+\n$/);
    }
    expect(kept(at('of-root'))).toEqual(before);
    await resumes(at('of-root'));
  });
});

const NOBODY = 65_534;

function log(dir: string): string {
  return readFileSync(join(dir, 'log.jsonl'), 'utf8');
}

/** KiB that a folder takes. */
function sizeOf(dir: string): number {
  return Number(execFileSync('du', ['-sk', dir], { encoding: 'utf8' }).split('\t')[0]);
}
