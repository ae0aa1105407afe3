import { logBins } from './bins.js';

/** Bytes of all rows of a step of one stream. */
interface StepBytes {
  readonly heldBytes: number;
  readonly formulaBytes: number;
}

/** What streams held at the last n of each logarithmic bin: at one length, so that it can be laid beside a formula. */
export class HeldByN {
  /** The last n, 0: none. */
  readonly n = new Float64Array(logBins.count);
  readonly streams = new Float64Array(logBins.count);
  readonly bytes = new Float64Array(logBins.count);
  readonly least = new Float64Array(logBins.count);
  readonly most = new Float64Array(logBins.count);
  readonly formula = new Float64Array(logBins.count);

  add(n: number, bin: number, { heldBytes, formulaBytes }: StepBytes): void {
    if (n < this.n[bin]) return; // a stream behind the others: its turn comes at their last n
    if (n > this.n[bin]) {
      this.n[bin] = n;
      this.streams[bin] = this.bytes[bin] = this.most[bin] = this.formula[bin] = 0;
      this.least[bin] = Infinity;
    }
    this.streams[bin]++;
    this.bytes[bin] += heldBytes;
    this.formula[bin] += formulaBytes;
    this.least[bin] = Math.min(this.least[bin], heldBytes);
    this.most[bin] = Math.max(this.most[bin], heldBytes);
  }
}
