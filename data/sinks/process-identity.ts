import { readFile } from 'node:fs/promises';

/** This process in a line: its id, and where the system tells, when it started; a later process may be given the same id. */
export async function ownIdentity(): Promise<string> {
  const started = await startOf(process.pid);
  return started === null ? `${process.pid}\n` : `${process.pid} ${started}\n`;
}

/** The id of the process that such a line names, if it runs; null if it is gone, or the line names none. */
export async function runningPid(identity: string): Promise<number | null> {
  const [word, started] = identity.trim().split(' ');
  const pid = Number(word);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return null;
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
