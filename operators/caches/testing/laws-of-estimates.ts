import type { CacheFactory } from '../../../src/core/cache.js';
import type { Order } from '../../../src/core/shape.js';
import { withTrial, type Trial } from './harness.js';
import { factoriesOf, must, type CacheUnderTest, type Law, type Variance } from './law.js';
import { referenceAttention } from './reference.js';
import { makeStream, type Stream } from './streams.js';

const SEEDS = 3000; // standard error of a mean: 1.8% of the spread
const N = 24;
/** After how many tokens the estimates are looked at: when sampling has just begun, and later. */
const LOOKS = [N / 4, N];

/** Laws of caches that are right on average over seeds: Ẑ and N̂, not their ratio. */
export function lawsOfEstimates(under: CacheUnderTest): readonly Law[] {
  if (under.plugin.spec.exactness !== 'unbiased' || under.effort === 'quick') return [];
  return under.plugin.spec.orders.flatMap((order) =>
    factoriesOf(under).map((factory) => ({
      name: `unbiased${under.variance ? ', with the variance of the formula' : ''}: ${order}, ${JSON.stringify(factory.options)}`,
      hint: 'over seeds the mean of Σ e^s v and of Σ e^s must be that of all pairs: weigh what was drawn with 1/probability (as log-weights); if that is not meant, declare exactness "heuristic"',
      check: () => checkEstimates(under, factory, order),
    })),
  );
}

async function checkEstimates(under: CacheUnderTest, factory: CacheFactory, order: Order): Promise<void> {
  const stream = makeStream({
    ...{ d: 4, n: N, seed: 7, order, dtype: 'f64', scale: 1, maxScore: 3 },
    ...{ zeroKeys: 0.1, zeroValues: 0.1, repeats: 0.3 },
  });
  const sums = LOOKS.map((n) => new Moments(stream, n));
  for (let seed = 0; seed < SEEDS; seed++) {
    await withTrial(factory, stream, (trial) => addEstimates(trial, stream, sums), seed);
  }
  for (const moments of sums) {
    const variance = under.variance?.(stream, moments.n, factory.options);
    moments.mustBeUnbiased();
    if (variance) moments.mustSpreadAs(variance);
  }
}

async function addEstimates(trial: Trial, { tokens }: Stream, sums: readonly Moments[]): Promise<void> {
  for (const [i, token] of tokens.entries()) {
    await trial.take(token);
    const moments = sums.find(({ n }) => n === i + 1);
    if (moments === undefined) continue;
    const { output, lse } = await trial.ask(token.q);
    const z = Math.exp(lse);
    moments.add([z, ...output.map((x) => x * z)]); // Ẑ, then N̂ coordinate by coordinate
  }
}

/** Sums and squares of estimates about the true values. */
class Moments {
  readonly #truth: readonly number[];
  readonly #sums: number[];
  readonly #squares: number[];
  #count = 0;

  constructor(
    stream: Stream,
    readonly n: number,
  ) {
    const { output, logZ } = referenceAttention(stream, n);
    const z = Math.exp(logZ);
    this.#truth = [z, ...output.map((x) => x * z)];
    this.#sums = this.#truth.map(() => 0);
    this.#squares = this.#truth.map(() => 0);
  }

  add(estimates: readonly number[]): void {
    this.#count++;
    this.#truth.forEach((truth, i) => {
      this.#sums[i] += estimates[i] - truth;
      this.#squares[i] += (estimates[i] - truth) ** 2;
    });
  }

  mustBeUnbiased(): void {
    this.#truth.forEach((truth, i) => {
      const mean = this.#sums[i] / this.#count;
      const deviation = Math.sqrt(this.#squares[i] / this.#count - mean ** 2);
      const rounding = 1e-12 * Math.abs(truth); // where nothing is sampled yet the estimate is exact
      const z = mean / (deviation / Math.sqrt(this.#count) + rounding);
      must(Math.abs(z) < 4, () => `n = ${this.n}, ${i === 0 ? 'Z' : `N[${i - 1}]`}: z = ${z.toFixed(1)}`);
    });
  }

  mustSpreadAs({ numerator, denominator }: Variance): void {
    const [measuredZ, ...measuredN] = this.#squares.map((sum) => sum / this.#count);
    const norms = this.#truth.map((truth) => truth ** 2);
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    this.#mustAgree('Z', measuredZ, denominator, norms[0]);
    this.#mustAgree('N', sum(measuredN), numerator, sum(norms.slice(1)));
  }

  #mustAgree(what: string, measured: number, predicted: number, norm: number): void {
    if (predicted <= 1e-20 * norm && measured <= 1e-20 * norm) return; // both exact
    const ratio = measured / predicted;
    must(
      ratio >= 0.8 && ratio <= 1.25,
      () => `n = ${this.n}: variance of ${what} is ${ratio} of the formula`,
    );
  }
}
