import { Failure } from '../src/core/failure.js';
import type { Threading } from '../src/core/pool.js';
import type { PartialOf, TileRunner } from './step.js';
import type { StepMemory } from './step-memory.js';
import { now, type TileTaker } from './take-tiles.js';
import type { Threads } from './threads.js';
import type { Work } from './tiles.js';

const MAX_ATTEMPTS = 5; // a step that kills its workers this often would kill them for ever
const SOON_NS = 20_000; // a step that comes so soon after the last is one of many: threads had better stay awake

/** Decides, step by step, whether the calling thread works alone or with the others. No answer depends on it. */
export class Sharing {
  /** May be changed between steps. */
  threading: Threading;
  #ended = 0;
  #worthIt = false; // whether this step, or one of its parts, would be worth sharing with threads that are awake

  constructor(
    readonly memory: StepMemory,
    readonly taker: TileTaker,
    readonly others: Threads,
    threading: Threading,
  ) {
    this.threading = threading;
  }

  /** Do all tiles of some works. Waits for nothing where the calling thread is alone, or the last one to work. */
  readonly run: TileRunner = (works) => {
    this.memory.load(works);
    if (this.#paysToShare(works)) return this.#share();
    this.taker.take();
    return this.#partialOf;
  };

  /** A step is over. */
  ended(): void {
    if (this.#worthIt) this.#ended = now();
  }

  readonly #partialOf: PartialOf = (tile, d) => this.taker.partial(tile, d);

  #paysToShare(works: readonly Work[]): boolean {
    const { alone, asleep } = this.threading;
    if (this.others.count === 0 || this.memory.tiles < 2) return false;
    let size = 0;
    for (const work of works) size += work.size;
    this.#worthIt = size > alone;
    if (!this.#worthIt) return false;
    return size > asleep || this.others.awake || now() - this.#ended < SOON_NS;
  }

  #share(): PartialOf | Promise<PartialOf> {
    if (!this.others.ready) return this.others.start().then(() => this.#share());
    this.others.post(this.memory.tiles - 1);
    this.taker.take();
    const rest = this.others.settle();
    return rest === null && this.memory.missing() === 0 ? this.#partialOf : this.#finish(rest);
  }

  /** Wait for the others, and do again what those left that died. */
  async #finish(rest: Promise<void> | null): Promise<PartialOf> {
    await rest;
    for (let attempt = 1; this.memory.missing() > 0; attempt++) {
      if (attempt === MAX_ATTEMPTS) throw this.#lost();
      this.memory.rewind();
      await this.others.start();
      this.others.post(this.memory.tiles - 1);
      this.taker.take();
      await this.others.settle();
    }
    return this.#partialOf;
  }

  #lost(): Failure {
    return new Failure(
      'worker-lost',
      `worker threads died ${MAX_ATTEMPTS} times over the same step (${this.memory.missing()} tiles left)`,
      'look for memory limits of this process; --threads 1 uses less',
    );
  }
}
