import type { CacheFactory, CachePlugin, Snapshot } from '../../../src/core/cache.js';
import type { Answer } from '../../../src/core/pool.js';
import type { Stream } from './streams.js';

/** A cache to test, and what its spec cannot say. */
export interface CacheUnderTest {
  readonly plugin: CachePlugin;
  /** Option sets to run beside the defaults: small budgets, with which something is dropped in 60 tokens. */
  readonly options?: readonly Readonly<Record<string, unknown>>[];
  /** `quick`: few streams and no estimates, for a look while working; the whole suite is another matter. */
  readonly effort?: 'quick' | 'whole';
  /** For unbiased caches: the variance that theory gives the two estimators with these options. */
  variance?(stream: Stream, n: number, options: Readonly<Record<string, unknown>>): Variance;
}

/** Variances of the estimators of Σ e^s v and Σ e^s. */
export interface Variance {
  /** E‖N̂ − N‖² */
  readonly numerator: number;
  /** E(Ẑ − Z)² */
  readonly denominator: number;
}

/** One law of the conformance suite; `check` throws when it is broken. Any test runner can run it. */
export interface Law {
  readonly name: string;
  /** What to look at in a cache that breaks it. */
  readonly hint: string;
  check(): void | Promise<void>;
}

/** A law that says, when it is broken, which cache broke it and what to do. */
export function told({ plugin: { spec } }: CacheUnderTest, { name, hint, check }: Law): Law {
  const checkAndTell = async () => {
    try {
      await check();
    } catch (error) {
      const text = `cache ${spec.name} breaks the law "${name}"`;
      throw new Error(`${text}\n  found: ${messageOf(error)}\n  hint: ${hint}`, { cause: error });
    }
  };
  return { name, hint, check: checkAndTell };
}

/** An error with one more line that says where it was found. */
export function at(error: unknown, what: string, where: string): Error {
  return new Error(`${messageOf(error)}\n  ${what}: ${where}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Streams per law: of `whole` ones, or the few that a quick look has. */
export function runsOf({ effort = 'whole' }: CacheUnderTest, whole: number): number {
  return effort === 'whole' ? whole : 2;
}

/** The cache with its defaults and with every option set. */
export function factoriesOf({ plugin, options = [] }: CacheUnderTest): readonly CacheFactory[] {
  return [plugin(), ...options.map((set) => plugin(set))];
}

/** Look at the cache with its defaults and with every option set; an error says with which. */
export async function eachFactory(
  factories: readonly CacheFactory[],
  use: (factory: CacheFactory) => Promise<void>,
): Promise<void> {
  for (const factory of factories) {
    try {
      await use(factory);
    } catch (error) {
      throw at(error, 'options', JSON.stringify(factory.options));
    }
  }
}

/** Throw unless `holds`. */
export function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what());
}

/** Throw unless both are the same number, bit for bit. */
export function mustEqual(actual: unknown, expected: unknown, what: string): void {
  must(Object.is(actual, expected), () => `${what}: ${String(actual)} instead of ${String(expected)}`);
}

/** ‖actual − expected‖₂ / ‖expected‖₂; 0 when both are 0. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, norm] = [0, 0];
  for (let j = 0; j < expected.length; j++) {
    error += (actual[j] - expected[j]) ** 2;
    norm += expected[j] ** 2;
  }
  return error === 0 ? 0 : Math.sqrt(error / norm);
}

/** Throw unless two snapshots hold the same arrays, bit for bit. */
export function mustEqualSnapshots(actual: Snapshot, expected: Snapshot, what: string): void {
  mustEqual(Object.keys(actual).join(), Object.keys(expected).join(), `${what}: names`);
  for (const [name, array] of Object.entries(expected)) {
    mustEqual(actual[name].constructor.name, array.constructor.name, `${what}: type of ${name}`);
    mustEqualArrays(actual[name], array, `${what}: ${name}`);
  }
}

/** Throw unless two arrays hold the same numbers, bit for bit. */
export function mustEqualArrays(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  mustEqual(actual.length, expected.length, `${what}: length`);
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) mustEqual(actual[i], expected[i], `${what}[${i}]`);
  }
}

/** Throw unless two answers agree in all but their times. */
export function mustEqualAnswers(actual: Answer, expected: Answer, what: string): void {
  mustEqualArrays(actual.output, expected.output, `${what}: output`);
  for (const field of [
    'lse',
    'weightNorm',
    'maxScore',
    'scoreMean',
    'scoreStd',
    'pairs',
    'rest',
    'flops',
  ] as const) {
    mustEqual(actual[field], expected[field], `${what}: ${field}`);
  }
}
