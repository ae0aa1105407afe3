import { readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { writing } from './io-failure.js';

const open = new Set<string>(); // marks of this process, by real path

/** Says who writes a journal; its folder goes with a removed journal, so it may be gone before it is taken away. */
export interface WriterMark {
  remove(): Promise<void>;
}

/**
 * Leave a file that says that this process writes here: its id, and when it started where the system tells, so that
 * another process that is given the same id later is not taken for it.
 * @throws Failure `disk-full` or `not-writable`
 */
export async function markWriter(path: string): Promise<WriterMark> {
  const started = await startOf(process.pid);
  const text = started === null ? `${process.pid}\n` : `${process.pid} ${started}\n`;
  await writing(path, () => writeFile(path, text));
  const real = await realpath(path);
  open.add(real);
  return {
    async remove() {
      open.delete(real);
      await rm(path, { force: true });
    },
  };
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
