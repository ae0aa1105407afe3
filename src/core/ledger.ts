import { Failure } from './failure.js';
import { formatBytes } from './format.js';

/** Who holds the bytes: `cache/stream/layer/head/purpose`, as src/core/hold-cache.ts writes it. */
export type Account = string;

/** Bytes in use by account, never above the budget (law L2). The only place that knows the budget. */
export class Ledger {
  readonly #accounts = new Map<Account, number>();
  #used = 0;
  #peak = 0;
  #charged = 0;
  #released = 0;

  constructor(readonly budget: number = Infinity) {}

  /**
   * Add `bytes` (negative to release) to `account`.
   * @throws Failure `out-of-memory` when the budget would be exceeded; nothing is charged then
   */
  charge(account: Account, bytes: number): void {
    const held = (this.#accounts.get(account) ?? 0) + bytes;
    if (!(held >= 0)) throw new RangeError(`ledger: ${account} would hold ${held} bytes`);
    if (this.#used + bytes > this.budget) {
      throw new Failure(
        'out-of-memory',
        `${account} needs ${formatBytes(bytes)} more, but ${formatBytes(this.#used)} of the budget of ${formatBytes(this.budget)} are in use`,
        'raise --memory, decode fewer --tokens, or drop the cache that grows fastest',
      );
    }
    this.#accounts.set(account, held);
    this.#used += bytes;
    if (bytes > 0) this.#charged += bytes;
    else this.#released -= bytes;
    this.#peak = Math.max(this.#peak, this.#used);
  }

  /** Bytes held by one account, or by all. */
  used(account?: Account): number {
    return account === undefined ? this.#used : (this.#accounts.get(account) ?? 0);
  }

  /**
   * Go on with the totals of a run that was stopped; what is in use must have been charged again already.
   * @throws RangeError when it was not
   */
  resume({ charged, released, peak }: ReturnType<Ledger['totals']>): void {
    if (charged - released !== this.#used) {
      throw new RangeError(`ledger: ${this.#used} bytes are in use, not ${charged - released}`);
    }
    [this.#charged, this.#released, this.#peak] = [charged, released, peak];
  }

  /** Totals since the start; `charged − released` is always what is in use. */
  totals(): {
    readonly charged: number;
    readonly released: number;
    readonly used: number;
    readonly peak: number;
  } {
    return { charged: this.#charged, released: this.#released, used: this.#used, peak: this.#peak };
  }
}
