import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built command line. */
export const MAIN = fileURLToPath(new URL('../../../dist/src/cli/main.js', import.meta.url));

const LIMIT_MS = 250_000; // below the limit of a slow test, far above what a busy machine makes of seconds

/** What a finished command left behind. */
export interface Finished {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is started. */
export interface Start {
  readonly cwd: string;
  /** Written to standard input, which is then closed; `open` leaves it open and silent. Default: empty. */
  readonly stdin?: string | Uint8Array | 'open';
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as this user; only root may ask for it. */
  readonly uid?: number;
  /** Killed after so many milliseconds; default: 250 s. */
  readonly limitMs?: number;
}

/** A command that is running. */
export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** Start the built command line, with `traces/` and relative paths in `cwd`. */
export function startKronflow(
  args: readonly string[],
  { cwd, stdin = '', env = {}, uid, limitMs = LIMIT_MS }: Start,
): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...{ cwd, env: { ...process.env, ...env }, ...(uid === undefined ? {} : { uid, gid: uid }) },
    ...{ timeout: limitMs, killSignal: 'SIGKILL' }, // a test that waits in vain leaves nothing behind
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // it may end before it has read everything
  if (stdin !== 'open') child.stdin.end(stdin);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, finished };
}

/** Run the built command line to its end, whatever that is. */
export function kronflow(args: readonly string[], start: Start): Promise<Finished> {
  return startKronflow(args, start).finished;
}

/** Run a command that must succeed and say nothing on stderr; returns its stdout. */
export async function succeed(args: readonly string[], start: Start): Promise<string> {
  const { code, stdout, stderr } = await kronflow(args, start);
  if (code === 0 && stderr === '') return stdout;
  throw new Error(`kronflow ${args.join(' ')}: exit ${code}\n${stderr}`);
}
