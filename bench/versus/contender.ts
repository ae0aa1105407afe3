import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Done, Hello, Task } from './protocol.js';
import { quiet } from './quiet.js';

const ATTEMPTS = 3; // of a burst that others disturbed; the least disturbed counts, the same rule for everybody
const ATTEMPTS_MS = 2000; // after which there is no other

/** A program that is measured, in a process of its own that sleeps while others are measured. */
export interface Contender {
  /** As in the tables. */
  readonly name: string;
  readonly version: string;
  /** Do a task when the machine is quiet; of at most three bursts, the one in which others interfered least. */
  measure(task: Task): Promise<Done>;
  stop(): void;
}

/** How to start one. */
export interface Command {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Start a contender; null when it cannot be, with the reason on standard error. */
export async function startContender({ name, program, args, env = {} }: Command): Promise<Contender | null> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const failed = new Promise<null>((resolve) => child.once('error', () => resolve(null)));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), failed]);
  if (first === null || first.done) return null;
  const ask = async (task: Task): Promise<Done> => {
    child.stdin.write(`${JSON.stringify(task)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended in the middle of ${JSON.stringify(task)}`);
    return JSON.parse(value) as Done;
  };
  return {
    name,
    version: (JSON.parse(first.value) as Hello).version,
    stop: () => child.stdin.end(),
    async measure(task) {
      let best: Done | null = null;
      const end = performance.now() + ATTEMPTS_MS;
      for (let attempt = 0; attempt < ATTEMPTS && best?.switches !== 0; attempt++) {
        if (attempt > 0 && performance.now() > end) break;
        await quiet();
        const done = await ask(task);
        if (best === null || done.switches < best.switches) best = done;
      }
      return best!;
    },
  };
}
