import { createInterface } from 'node:readline';

/** What a contender is asked to do, one line of JSON on its standard input. */
export interface Task {
  /** `step`: answer one query over n entries; `decode`: append and answer n times, from nothing. */
  readonly job: 'step' | 'decode';
  /** float32: Q, K1, K2, V1, V2, (n × d) each; a step asks the last query. */
  readonly file: string;
  readonly n: number;
  readonly d: number;
  /** Times in a row that count, after `warmup` that do not. */
  readonly count: number;
  readonly warmup: number;
  /** Milliseconds after which a burst ends early, with one time at least; warming up likewise. */
  readonly limit: number;
  /** Which cache of ours; other contenders have only the fused form. Default: four-cache. */
  readonly cache?: string;
}

/** What it answers, one line of JSON on its standard output. */
export interface Done {
  /** Each time that counts, in milliseconds. */
  readonly ms: readonly number[];
  /** The last answer, (d). */
  readonly output: readonly number[];
  /** How often the system took a processor from it meanwhile, although it had work. */
  readonly switches: number;
  /** Bytes that the cache holds, scratch included; null where nobody counted. */
  readonly bytes: number | null;
}

/** First line of a contender. */
export interface Hello {
  /** Program, version, and what of the machine it uses. */
  readonly version: string;
}

/** What a contender written for Node does: the loop around it is the same for all. */
export interface Server {
  readonly version: string;
  /** Make a task ready; the answer does it once and returns the output, (d). */
  prepare(task: Task): Promise<{ readonly once: () => Promise<ArrayLike<number>>; bytes(): number | null }>;
}

/** Answer tasks from standard input until it ends. What was made ready is kept for the next burst. */
export async function serve({ version, prepare }: Server): Promise<void> {
  console.log(JSON.stringify({ version } satisfies Hello));
  let [known, ready] = ['', null as Awaited<ReturnType<typeof prepare>> | null];
  for await (const line of createInterface(process.stdin)) {
    const task = JSON.parse(line) as Task;
    const key = JSON.stringify({ ...task, count: 0, warmup: 0 });
    if (key !== known || ready === null) [known, ready] = [key, await prepare(task)];
    console.log(JSON.stringify(await burst(ready, task)));
  }
}

async function burst(
  { once, bytes }: Awaited<ReturnType<Server['prepare']>>,
  { count, warmup, limit }: Task,
): Promise<Done> {
  const ms: number[] = [];
  let output: ArrayLike<number> = [];
  let end = performance.now() + limit;
  for (let i = 0; i < warmup && performance.now() < end; i++) await once();
  end = performance.now() + limit;
  const before = process.resourceUsage().involuntaryContextSwitches;
  for (let i = 0; i < count && (i === 0 || performance.now() < end); i++) {
    const start = performance.now();
    output = await once();
    ms.push(performance.now() - start);
  }
  const switches = process.resourceUsage().involuntaryContextSwitches - before;
  return { ms, output: Array.from(output), switches, bytes: bytes() };
}
