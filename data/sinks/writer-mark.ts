import { link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../src/core/failure.js';
import { writing } from './io-failure.js';

const open = new Set<string>(); // marks of this process, by real path

/** Says who writes a journal; its folder goes with a removed journal, so it may be gone before it is taken away. */
export interface WriterMark {
  remove(): Promise<void>;
}

/**
 * Leave a file that says that this process writes here, and nobody else: its id, and when it started where the system
 * tells, so that another process that is given the same id later is not taken for it. The mark of a dead writer is
 * taken over; of several processes that try at once, one gets it.
 *
 * @throws Failure `bad-trace` naming the process that writes; `disk-full` or `not-writable`
 */
export async function markWriter(path: string): Promise<WriterMark> {
  const started = await startOf(process.pid);
  const text = started === null ? `${process.pid}\n` : `${process.pid} ${started}\n`;
  const own = `${path}.${process.pid}`;
  try {
    await writing(own, () => writeFile(own, text));
    for (let tries = 0; !(await claim(own, path)); tries++) {
      await refuseLiveWriter(path);
      if (tries >= 100) throw new RangeError(`${path}: neither taken nor free`);
      await writing(path, () => displace(path));
    }
  } finally {
    await rm(own, { force: true });
  }
  const real = await realpath(path);
  open.add(real);
  return {
    async remove() {
      open.delete(real);
      await rm(path, { force: true });
    },
  };
}

/** A hard link is made only where there is nothing: the one step that only one of many can do. */
async function claim(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS')
      return writing(path, () => Promise.reject(error as Error));
    return claimWithoutLinks(own, path);
  }
}

/** File systems without hard links: as exclusive, but a kill in between leaves an empty mark, which is a dead one. */
async function claimWithoutLinks(own: string, path: string): Promise<boolean> {
  try {
    await writeFile(path, await readFile(own), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    return writing(path, () => Promise.reject(error as Error));
  }
}

/** Take a dead mark away; a live one that took its place a moment ago is put back. */
async function displace(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.dead`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // somebody else took it away
    throw error;
  }
  if ((await liveWriter(aside)) !== null) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/**
 * Refuse to touch what another process is writing.
 * @throws Failure `bad-trace`
 */
export async function refuseLiveWriter(path: string): Promise<void> {
  const pid = await liveWriter(path);
  if (pid === null) return;
  throw new Failure(
    'bad-trace',
    `${dirname(dirname(path))} is still being written by process ${pid}`,
    `wait for it, or stop it with Ctrl-C; if that process is no kronflow, remove ${path}`,
  );
}

/** The process that a mark names, if it still writes; null when there is no mark, or its writer is gone. */
export async function liveWriter(path: string): Promise<number | null> {
  const [word, started] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
  const pid = Number(word);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (pid === process.pid) return open.has(await realpath(path)) ? pid : null; // else an earlier process had our id
  if (!isAlive(pid)) return null;
  const since = await startOf(pid);
  return started === undefined || since === null || since === started ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in the units of its system; null where that cannot be told. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name, in brackets, may hold anything
  return fields[19] ?? null; // field 22 of proc(5), starttime; the first one here is field 3
}
