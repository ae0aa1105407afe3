import { link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../src/core/failure.js';
import { writing } from './io-failure.js';
import { ownIdentity, runningPid } from './process-identity.js';

const open = new Set<string>(); // marks of this process, by real path
const WITHOUT_LINKS = new Set(['EPERM', 'ENOTSUP', 'ENOSYS']); // what file systems without hard links say
const MOST_TRIES = 100; // each one lost means that another process got further

/** Says who writes a journal; its folder goes with a removed journal, so it may be gone before it is taken away. */
export interface WriterMark {
  remove(): Promise<void>;
}

/**
 * Leave a file that says that this process writes here, and nobody else. The mark of a dead writer is taken over; of several
 * processes that try at once, one gets it.
 *
 * @throws Failure `bad-trace` naming the process that writes; `disk-full` or `not-writable`
 */
export async function markWriter(path: string): Promise<WriterMark> {
  const real = join(await writing(path, () => realpath(dirname(path))), basename(path));
  if (open.has(real)) throw stillWriting(path, process.pid);
  open.add(real);
  try {
    await take(path, await ownIdentity());
  } catch (error) {
    open.delete(real);
    throw error;
  }
  return {
    async remove() {
      open.delete(real);
      await rm(path, { force: true });
    },
  };
}

/**
 * Refuse to touch what another process is writing, or this one.
 * @throws Failure `bad-trace`
 */
export async function refuseLiveWriter(path: string): Promise<void> {
  const pid = await runningPid((await readMark(path)) ?? '');
  if (pid === null) return;
  // our own id in a mark that we did not leave is that of an earlier process
  if (pid !== process.pid || open.has(await realpath(path).catch(() => path))) throw stillWriting(path, pid);
}

/**
 * Make `path` ours. A dead mark may be replaced only by whoever holds the file named after it, which is taken the same way:
 * so nobody ever moves a live mark, not even one that read it while it was still a dead one's.
 */
async function take(path: string, identity: string): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (await create(path, identity)) return;
    const held = await readMark(path);
    if (held === null) continue; // given back a moment ago
    const pid = await runningPid(held);
    if (pid !== null && pid !== process.pid) throw stillWriting(path, pid);
    if (await replace(path, held, identity)) return;
  }
  throw new RangeError(`${path}: neither taken nor free`);
}

/** Put our mark in the place of `dead`; false if somebody was faster. */
async function replace(path: string, dead: string, identity: string): Promise<boolean> {
  const turn = `${path}.after-${dead.trim().replace(/\W+/g, '-').slice(0, 40)}`;
  await take(turn, identity);
  try {
    if ((await readMark(path)) !== dead) return false;
    await withOwnFile(path, identity, (own) => rename(own, path));
    return true;
  } finally {
    await rm(turn, { force: true });
  }
}

/** Make the file where there is none, whole at once: false where there is one. */
async function create(path: string, identity: string): Promise<boolean> {
  try {
    await withOwnFile(path, identity, (own) => linkOrWrite(own, path, identity));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Where there are no hard links, a kill in between leaves an empty mark, which is a dead one. */
async function linkOrWrite(own: string, path: string, identity: string): Promise<void> {
  try {
    await link(own, path);
  } catch (error) {
    if (!WITHOUT_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await writeFile(path, identity, { flag: 'wx' });
  }
}

async function withOwnFile(
  path: string,
  identity: string,
  work: (own: string) => Promise<void>,
): Promise<void> {
  const own = `${path}.${process.pid}`;
  try {
    await writing(path, async () => {
      await writeFile(own, identity);
      await work(own);
    });
  } finally {
    await rm(own, { force: true });
  }
}

/** null when there is none; other marks that cannot be read name nobody. */
async function readMark(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : '';
  }
}

function stillWriting(path: string, pid: number): Failure {
  return new Failure(
    'bad-trace',
    `${dirname(dirname(path))} is still being written by process ${pid}`,
    `wait for it, or stop it with Ctrl-C; if that process is no kronflow, remove ${path}`,
  );
}
