import type { RunFile } from '../../../data/schemas/run-file.js';
import { Failure } from '../../core/failure.js';
import { layerSpans, type Span } from './spans.js';
import { isSameToken, timedLayers, type TimedRow } from './step-rows.js';

/** What became of a trace on its way into a timeline. */
export interface TimelineTally {
  tokens: number;
  kept: number;
  events: number;
  /** Spans that were cut because they did not fit. */
  cut: number;
}

/**
 * Chrome trace events of a sealed trace, one JSON object each, of every `stride`-th token: a process per cache with a lane
 * per layer and head and a counter of its bytes, and a process with a lane of whole steps per layer. `tally` is filled in
 * on the way.
 * @throws Failure `bad-trace`, also when it has no times
 */
export async function* traceEvents(
  dir: string,
  run: RunFile,
  stride: number,
  tally: TimelineTally,
): AsyncGenerator<string> {
  const lanes = new Lanes(run);
  const holdings = new Map<string, Map<string, number>>();
  let [before, last]: [number, TimedRow | null] = [0, null];
  for await (const rows of timedLayers(dir, run)) {
    const [first] = rows;
    if (first.t === null) throw untimed(dir);
    if (last === null || !isSameToken(last, first)) tally.tokens++;
    last = first;
    hold(holdings, rows);
    const made = Math.max(before, first.t);
    if ((tally.tokens - 1) % stride === 0) {
      tally.kept += first.layer === 0 ? 1 : 0;
      const events = layerEvents(rows, { before, made, lanes, holdings });
      tally.cut += events.cut;
      for (const event of events.texts) {
        tally.events++;
        yield event;
      }
    }
    before = made;
  }
}

interface Moment {
  readonly before: number;
  readonly made: number;
  readonly lanes: Lanes;
  readonly holdings: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

function layerEvents(
  rows: readonly TimedRow[],
  { before, made, lanes, holdings }: Moment,
): { texts: readonly string[]; cut: number } {
  const [{ layer, step, stream, prefill }] = rows;
  const spans = layerSpans(rows, before);
  const named = rows.flatMap((row) => lanes.name(row));
  const whole = `{"ph":"X","name":"${prefill ? 'prompt' : 'step'} ${step}","cat":"step","pid":0,"tid":${layer + 1},${times(before, made)},"args":{"stream":${stream},"step":${step}}}`;
  const caches = new Set(rows.map(({ cache }) => cache));
  const counters = [...caches].map((cache) => {
    const held = [...holdings.get(cache)!.values()].reduce((sum, bytes) => sum + bytes, 0);
    return `{"ph":"C","name":"held bytes","pid":${lanes.pid(cache)},"ts":${micros(made)},"args":{"bytes":${held}}}`;
  });
  const cut = spans.filter(({ start, end, measured }) => end - start < measured).length;
  return { texts: [...named, whole, ...spans.map((span) => spanEvent(span, lanes)), ...counters], cut };
}

function spanEvent({ row, name, start, end, measured }: Span, lanes: Lanes): string {
  const cut = end - start < measured ? `,"measured_ns":${measured}` : '';
  return `{"ph":"X","name":"${name}","cat":"${name}","pid":${lanes.pid(row.cache)},"tid":${lanes.tid(row)},${times(start, end)},"args":{"stream":${row.stream},"step":${row.step}${cut}}}`;
}

/** Processes and threads as the format calls them, each named when it first comes. */
class Lanes {
  readonly #pids = new Map<string, number>();
  readonly #named = new Set<string>();

  constructor(private readonly run: RunFile) {}

  pid(cache: string): number {
    if (!this.#pids.has(cache)) this.#pids.set(cache, this.#pids.size + 1); // 0: whole steps
    return this.#pids.get(cache)!;
  }

  tid({ layer, head }: TimedRow): number {
    return layer * this.run.heads + head + 1;
  }

  /** The events that name the lanes of a row, once. */
  name(row: TimedRow): readonly string[] {
    const [pid, tid] = [this.pid(row.cache), this.tid(row)];
    return [
      ...this.#once(0, 0, 'process_name', 'steps'),
      ...this.#once(0, row.layer + 1, 'thread_name', `layer ${row.layer}`),
      ...this.#once(pid, 0, 'process_name', row.cache),
      ...this.#once(pid, tid, 'thread_name', `layer ${row.layer}, head ${row.head}`),
    ];
  }

  #once(pid: number, tid: number, what: string, name: string): readonly string[] {
    const key = `${pid}/${tid}/${what}`;
    if (this.#named.has(key)) return [];
    this.#named.add(key);
    return [metadataEvent(what, pid, tid, { name })];
  }
}

/** An event that says something about a process or thread. */
export function metadataEvent(
  name: string,
  pid: number,
  tid: number,
  args: Readonly<Record<string, unknown>>,
): string {
  return `{"ph":"M","name":"${name}","pid":${pid},"tid":${tid},"args":${JSON.stringify(args)}}`;
}

function untimed(dir: string): Failure {
  const what = `${dir} has no times: it was run with --timings off`;
  return new Failure('bad-trace', what, 'run it again with --timings on');
}

function hold(holdings: Map<string, Map<string, number>>, rows: readonly TimedRow[]): void {
  for (const { cache, stream, layer, head, held } of rows) {
    const own = holdings.get(cache) ?? new Map<string, number>();
    holdings.set(cache, own.set(`${stream}/${layer}/${head}`, held));
  }
}

function times(start: number, end: number): string {
  return `"ts":${micros(start)},"dur":${micros(end - start)}`;
}

/** Nanoseconds as microseconds, without losing one. */
function micros(ns: number): string {
  return (ns / 1000).toFixed(3);
}
