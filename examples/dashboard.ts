// A live dashboard: any Observable of steps can be looked at while it flows.
//   npm run build && node dist/examples/dashboard.js
import { setImmediate } from 'node:timers/promises';
import { asyncScheduler, lastValueFrom, map, of, scan, share, tap, throttleTime } from 'rxjs';
import {
  accountMemory,
  attend,
  compare,
  journal,
  loadRows,
  mergePull,
  record,
  updateCaches,
} from 'kronflow/operators';
import { openRun } from 'kronflow/pipelines';

const WIDTH = 48; // steps that a line shows
const FRAME_MS = 100;

const run = await openRun({
  source: { name: 'clustered', n: 200, d: 16, heads: 1, clusters: 8 },
  caches: ['four-cache', { name: 'window', size: 32 }, { name: 'subgen-atoms', window: 16, size: 32 }],
  sink: { write: () => setImmediate() }, // after every step the screen may have its turn
});

const steps = mergePull(run.entries(), (step) =>
  of(step).pipe(
    loadRows(run, { layer: 0 }),
    updateCaches(run),
    attend(run),
    compare(run, { reference: 'f64', always: false }),
    accountMemory(run),
    record(run, { outputs: false, timings: false }),
    journal(run),
  ),
).pipe(share()); // several may watch, and nobody makes it run twice

/** What a line of the dashboard shows. */
interface Line {
  readonly cache: string;
  readonly bytes: number;
  readonly errors: readonly number[];
}

const frames = steps.pipe(
  scan((lines: readonly Line[], { updates, errors, memory }) => {
    return updates.map(({ held }, i): Line => {
      const past = lines[i]?.errors ?? [];
      return {
        cache: held.label,
        bytes: memory[i].bytes.resident,
        errors: [...past.slice(1 - WIDTH), errors![i].relL2],
      };
    });
  }, []),
  // a slow screen misses frames; no step waits for it, and nothing piles up
  throttleTime(FRAME_MS, asyncScheduler, { leading: true, trailing: true }),
  map((lines) => lines.map(draw).join('\n')),
);

/** One cache: its name, its bytes, and the error of the last steps from 1e-8 to 10 as bars, on a log scale. */
function draw({ cache, bytes, errors }: Line): string {
  const bars = errors.map((error) => {
    const height = (Math.log10(Math.max(error, 1e-8)) + 8) / 9;
    return '▁▂▃▄▅▆▇█'[Math.min(7, Math.floor(8 * height))];
  });
  return `${cache.padEnd(14)}${`${bytes} B`.padStart(10)}  ${bars.join('').padStart(WIDTH)}`;
}

const live = process.stdout.isTTY;
const last = await lastValueFrom(frames.pipe(tap((frame) => live && console.log(`\x1b[H\x1b[J${frame}`))));
if (!live) console.log(last); // a file wants the end only
await run.close();
