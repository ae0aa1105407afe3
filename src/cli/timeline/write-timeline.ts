import { readSealedRun } from '../../../data/sinks/read-steps.js';
import { writeWhole } from '../../../data/sinks/out-file.js';
import type { RunFile } from '../../../data/schemas/run-file.js';
import { Failure } from '../../core/failure.js';
import { formatBytes } from '../../core/format.js';
import { metadataEvent, traceEvents, type TimelineTally } from './trace-events.js';

/** How large a timeline may become. */
export interface TimelineLimits {
  readonly events: number;
  readonly bytes: number;
}

/** What was written, and what a reader of it must know. */
export interface Timeline extends TimelineTally {
  readonly bytes: number;
  readonly stride: number;
  readonly note: string;
}

const ROOM = 4096; // bytes for the note at the end
const PIECE = 1 << 16;

/**
 * Write a sealed trace as Chrome trace-event JSON. Of a trace that is too long every so-many-th token is kept, whole, so that
 * the limits hold.
 * @throws Failure `bad-trace` also without timings; `bad-option` when not even one token fits
 */
export async function writeTimeline(dir: string, output: string, limits: TimelineLimits): Promise<Timeline> {
  const run = await readSealedRun(dir);
  let stride = firstStride(run, limits.events);
  for (;;) {
    const tried = await attempt(dir, run, output, { stride, limits });
    if (tried.done !== undefined) return tried.done;
    if (stride >= tried.tokens) throw tooLarge(limits);
    stride = Math.min(tried.tokens, Math.ceil(stride * Math.max(1.1, tried.excess)));
  }
}

/** A timeline, or by how much the limits were exceeded, at least. */
type Attempt = { done: Timeline } | { done?: undefined; tokens: number; excess: number };

class TooLarge extends Error {}

async function attempt(
  dir: string,
  run: RunFile,
  output: string,
  { stride, limits }: { stride: number; limits: TimelineLimits },
): Promise<Attempt> {
  const tally: TimelineTally = { tokens: 0, kept: 0, events: 0, cut: 0 };
  let [bytes, excess, note] = [0, 0, ''];
  try {
    const written = await writeWhole(
      output,
      async (file) => {
        let text = '{"displayTimeUnit":"ns","traceEvents":[\n';
        const flush = async () => {
          const piece = Buffer.from(text);
          bytes += piece.length;
          text = '';
          if (excess <= 1) await file.write(piece); // what is too large is only counted
        };
        for await (const event of traceEvents(dir, run, stride, tally)) {
          text += `${event},\n`;
          excess = Math.max(tally.events / limits.events, (bytes + text.length + ROOM) / limits.bytes);
          if (text.length > PIECE) await flush();
        }
        if (excess > 1) throw new TooLarge();
        note = noteOf(tally, stride);
        text += `${metadataEvent('process_labels', 0, 0, { labels: note })}\n],"otherData":${JSON.stringify({ note, run_id: run.run_id })}}\n`;
        await flush();
      },
      false,
    );
    return { done: { ...tally, stride, note, bytes: written.bytes } };
  } catch (error) {
    if (error instanceof TooLarge) return { tokens: tally.tokens, excess };
    throw error;
  }
}

/** Every row has at most four spans, every layer of a token one of its own and a counter per cache. */
function firstStride(run: RunFile, events: number): number {
  const rows = run.counters.rows.steps ?? 0;
  return Math.max(1, Math.ceil((4 * rows + (2 * rows) / run.heads) / events));
}

function noteOf({ tokens, kept, cut }: TimelineTally, stride: number): string {
  const sampled = stride === 1 ? `all ${tokens} tokens` : `1 token in ${stride}, ${kept} of ${tokens}`;
  const clipped =
    cut === 0 ? '' : `; ${cut} spans are cut to the time there was (measured_ns says all of it)`;
  return `${sampled}. Durations are measured; starts are laid out backwards from when the rows of a layer were made. attend is thread time${clipped}`;
}

function tooLarge({ events, bytes }: TimelineLimits): Failure {
  return new Failure(
    'bad-option',
    `one token alone takes more than ${events} events or ${formatBytes(bytes)}`,
    'allow more with --max-events and --max-size',
  );
}
