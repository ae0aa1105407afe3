import type { EventRow, TraceBatch } from '../core/trace.js';
import { LinearBins, logBins } from './bins.js';
import { CacheTally, STEP_BINS } from './cache-tally.js';

const EVENTS_KEPT = 20;

/** All that is known of a run while it runs, folded from its rows. Bounded: bins, counters and the last events. */
export class Fold {
  /** In the order of their rows. */
  readonly tallies: CacheTally[] = [];
  readonly stepBins = new LinearBins(STEP_BINS, () => this.tallies.forEach((tally) => tally.mergeSteps()));
  readonly rows = { steps: 0, outputs: 0, events: 0, recording: 0 };
  readonly eventsByKind = new Map<string, number>();
  /** The latest ones, oldest first. */
  readonly events: EventRow[] = [];
  /** Steps of all streams; the longest stream so far. */
  steps = 0;
  longest = 0;
  /** Score deviation R: root mean square over heads and steps. */
  #variance = 0;
  #deviations = 0;

  /** Add the rows that one step left. */
  add({ steps = [], outputs, events, recording }: TraceBatch): void {
    this.rows.outputs += outputs?.length ?? 0;
    this.rows.recording += recording?.length ?? 0;
    if (events !== undefined) for (const event of events) this.#addEvent(event);
    if (steps.length === 0) return;
    this.rows.steps += steps.length;
    this.steps++;
    const n = steps[0].step + 1; // the rows of a batch are of one step
    if (n > this.longest) this.longest = n;
    const [bin, stepBin] = [logBins.at(n), this.stepBins.at(n)];
    for (const tally of this.tallies) tally.latest.reset();
    for (let i = 0, next = 0; i < steps.length; i++) {
      const row = steps[i];
      if (this.tallies[next]?.cache !== row.cache) next = this.#indexOf(row.cache);
      this.tallies[next].add(row, stepBin);
      if (next === 0 && n > 1 && row.score_std !== null) this.#addDeviation(row.score_std);
      if (++next === this.tallies.length) next = 0; // head by head, cache by cache: the next one is known
    }
    for (const tally of this.tallies) tally.endStep(n, bin);
  }

  /** R of the run so far; null while no score was compared with another. */
  scoreStd(): number | null {
    return this.#deviations === 0 ? null : Math.sqrt(this.#variance / this.#deviations);
  }

  #addDeviation(std: number): void {
    this.#variance += std * std;
    this.#deviations++;
  }

  #addEvent(event: EventRow): void {
    this.rows.events++;
    this.eventsByKind.set(event.kind, (this.eventsByKind.get(event.kind) ?? 0) + 1);
    this.events.push(event);
    if (this.events.length > EVENTS_KEPT) this.events.shift();
  }

  #indexOf(cache: string): number {
    const found = this.tallies.findIndex((tally) => tally.cache === cache);
    if (found >= 0) return found;
    return this.tallies.push(new CacheTally(cache)) - 1;
  }
}
