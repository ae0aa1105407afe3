import type { CacheFactory } from '../../../src/core/cache.js';
import { pairsOf, type AttendJob } from '../../../src/core/plan.js';
import { eachStream } from './each-stream.js';
import { withTrial, type Trial } from './harness.js';
import { eachFactory, factoriesOf, must, mustEqual, mustEqualAnswers, relativeError, runsOf } from './law.js';
import type { CacheUnderTest, Law } from './law.js';
import { referenceAttention } from './reference.js';
import type { Stream } from './streams.js';

/** Relative error allowed for scores in [-20, 20], by the type that numbers are stored in (issue 2). */
const TOLERANCE = { f32: 1e-5, f64: 1e-12 };
const DTYPES = ['f32', 'f64'] as const;
const RUNS = 12;

/** Laws about what a cache answers. */
export function lawsOfAnswers(under: CacheUnderTest): readonly Law[] {
  const { spec } = under.plugin;
  const laws: Law[] = [
    {
      name: 'every answer is finite numbers from rows of the right shape',
      hint: 'write every row before a plan names it (resize leaves whatever was there), copy an entry during append (afterwards its arrays hold other numbers), and give keys and values d numbers and log-weights one',
      check: () => wellFormed(under),
    },
    {
      name: 'operations and pairs are those of the formula and the plan',
      hint: 'the flops of the formula are those of one query: what the jobs of the plan take, and what making the plan takes',
      check: () => counted(under),
    },
    {
      name: 'L6 the same seed gives the same answers',
      hint: 'draw random numbers from parts.random only, and keep all state in the instance: no Math.random, no clock, nothing in the module that instances share',
      check: () => repeatable(under),
    },
    {
      name: 'L4 weights sum to 1 (where one set of atoms gives both sums)',
      hint: 'where all values are 1 the answer must be 1: keep values as they came, beside the key of the same token',
      check: () => sumsToOne(under),
    },
  ];
  if (spec.exactness === 'exact') {
    laws.push({
      name: 'L5 equals the float64 reference at every step',
      hint: 'exactness "exact" promises full attention whatever the options are; if it is not meant, declare "heuristic"',
      check: () => exactWith(under),
    });
  }
  if (spec.selects) {
    laws.push({
      name: 'selects: exact attention over the tokens it says it keeps',
      hint: 'positions() must name, by 0-based position in the stream, the tokens whose rows the plan attends to, each with weight 1; if that is not meant, declare selects: false',
      check: () => selected(under),
    });
  }
  if (spec.exactness === 'certified') {
    laws.push({
      name: 'the certificate is never violated',
      hint: 'certify(answer) must bound ‖o − ô‖₂ for certain, on every stream; if it cannot, declare another exactness',
      check: () => certified(under),
    });
  }
  if (spec.covering(1) !== null) {
    laws.push({
      name: 'L11 a budget that covers everything is exact at every step',
      hint: 'with the options that covering(n) gives, the answer after each of n tokens must be full attention; covering: () => null only if every option set keeps everything',
      check: () => exactWith(under, true),
    });
  }
  return laws;
}

async function exactWith(under: CacheUnderTest, covering = false): Promise<void> {
  const { plugin } = under;
  const check = async (stream: Stream) => {
    const n = stream.tokens.length;
    const factories = covering ? [plugin(plugin.spec.covering(n) ?? {})] : factoriesOf(under);
    await eachFactory(factories, (factory) =>
      withTrial(factory, stream, (trial) => equalsReference(trial, stream)),
    );
  };
  await eachStream(plugin.spec, check, { dtypes: DTYPES, runs: runsOf(under, RUNS) });
}

async function equalsReference(trial: Trial, stream: Stream): Promise<void> {
  for (const [i, token] of stream.tokens.entries()) {
    await trial.take(token);
    const { output, lse } = await trial.ask(token.q);
    const exact = referenceAttention(stream, i + 1);
    const largest = exact.scores.reduce((max, score) => Math.max(max, Math.abs(score)), 20);
    const allowed = (TOLERANCE[stream.dtype] * largest) / 20; // rounding of larger scores grows with them
    const [error, logError] = [relativeError(output, exact.output), Math.abs(lse - exact.logZ)];
    must(error <= allowed, () => `step ${i}: relative error ${error}`);
    must(logError <= 20 * allowed, () => `step ${i}: ln Z is off by ${logError}`);
  }
}

async function wellFormed(under: CacheUnderTest): Promise<void> {
  const check = async (trial: Trial, _factory: CacheFactory, { d, tokens }: Stream) => {
    for (const [i, token] of tokens.entries()) {
      await trial.take(token);
      for (const job of trial.cache.plan(Float32Array.from(token.q)).jobs) mustFit(job, d, `step ${i}`);
      const { output, lse } = await trial.ask(token.q);
      mustEqual(output.length, d, `step ${i}: numbers in the answer`);
      must(!Number.isNaN(lse), () => `step ${i}: the log of the denominator is ${lse}`);
      const bad = output.findIndex((x) => !Number.isFinite(x));
      must(bad < 0, () => `step ${i}: output[${bad}] = ${output[bad]}`);
    }
  };
  await eachTrial(under, check, 4); // the other laws look at the same numbers
}

/** Throw unless the atoms of a job have keys and values of d numbers and a log-weight each. */
function mustFit(job: AttendJob, d: number, when: string): void {
  if (job.kind !== 'rows' && job.kind !== 'grid') return; // what others read is their own affair
  for (const [i, side] of (job.kind === 'rows' ? [job.atoms] : [job.side1, job.side2]).entries()) {
    const { keys, values, logWeights } = side;
    const where = `${when}: side ${i + 1}`;
    mustEqual(keys.width, d, `${where}: numbers per key`);
    mustEqual(values.width, d, `${where}: numbers per value`);
    mustEqual(values.count, keys.count, `${where}: values, one per key`);
    if (logWeights === null) continue;
    mustEqual(logWeights.width, 1, `${where}: numbers per log-weight`);
    mustEqual(logWeights.count, keys.count, `${where}: log-weights, one per key`);
  }
}

async function selected(under: CacheUnderTest): Promise<void> {
  await eachTrial(under, async (trial, _factory, stream) => {
    for (const [i, token] of stream.tokens.entries()) {
      await trial.take(token);
      const { output, lse } = await trial.ask(token.q);
      const everything = referenceAttention(stream, i + 1).logZ;
      must(lse <= everything + 1e-3, () => `step ${i}: ln Ẑ = ${lse} is more than ln Z = ${everything}`);
      const positions = trial.cache.positions?.();
      if (positions === undefined) continue; // keeps pairs, not tokens; or everything
      const expected = referenceAttention(stream, i + 1, positions);
      const largest = expected.scores.reduce((max, score) => Math.max(max, Math.abs(score)), 20);
      const [error, allowed] = [relativeError(output, expected.output), (TOLERANCE.f32 * largest) / 20];
      must(error <= allowed, () => `step ${i}: ${error} from attention over positions()`);
    }
  });
}

async function certified(under: CacheUnderTest): Promise<void> {
  await eachTrial(under, async (trial, _factory, stream) => {
    for (const [i, token] of stream.tokens.entries()) {
      await trial.take(token);
      const answer = await trial.ask(token.q);
      const bound = trial.cache.certify?.(answer) ?? NaN;
      const exact = referenceAttention(stream, i + 1);
      const error = Math.hypot(...answer.output.map((x, j) => x - exact.output[j]));
      const rounding = 1e-4 * Math.hypot(...exact.output); // float32 at scores of up to 1000
      must(error <= bound + rounding, () => `step ${i}: error ${error} over its certificate ${bound}`);
    }
  });
}

async function counted(under: CacheUnderTest): Promise<void> {
  await eachTrial(under, async (trial, factory, { d, order, tokens }) => {
    for (const [i, token] of tokens.entries()) {
      await trial.take(token);
      const answer = await trial.ask(token.q);
      const census = trial.cache.census();
      const { flops } = factory.formula({ n: i + 1, d, order, bytesPerNumber: 4, census });
      if (!factory.spec.readsPart) mustEqual(answer.flops, flops, `step ${i}: flops`);
      must(answer.flops <= flops, () => `step ${i}: ${answer.flops} flops, the formula has ${flops} at most`);
      const { jobs } = trial.cache.plan(Float32Array.from(token.q));
      const pairs = jobs.reduce((sum, job) => sum + pairsOf(job), 0);
      const exactly = jobs.every((job) =>
        job.kind === 'rows' || job.kind === 'grid' ? job.skip === undefined : job.kind === 'features',
      );
      if (exactly) mustEqual(answer.pairs, pairs, `step ${i}: pairs`);
      must(answer.pairs <= pairs, () => `step ${i}: ${answer.pairs} pairs, the plan has ${pairs} at most`);
    }
  });
}

async function repeatable(under: CacheUnderTest): Promise<void> {
  await eachTrial(under, (first, factory, stream) =>
    withTrial(factory, stream, async (second) => {
      for (const [i, token] of stream.tokens.entries()) {
        for (const trial of [first, second]) await trial.take(token);
        mustEqualAnswers(await first.ask(token.q), await second.ask(token.q), `step ${i}`);
      }
    }),
  );
}

async function sumsToOne(under: CacheUnderTest): Promise<void> {
  await eachTrial(under, async (trial, _factory, { d, order, tokens }) => {
    const ones = new Float64Array(d).fill(1);
    for (const [i, token] of tokens.entries()) {
      await trial.take({ ...token, v1: ones, v2: order === 'tensor' ? ones : null });
      const { jobs } = trial.cache.plan(Float32Array.from(token.q));
      if (jobs.some(({ role, kind }) => role !== 'both' || kind === 'features')) return; // a ratio of two estimates
      const { output } = await trial.ask(token.q);
      const error = relativeError(output, ones);
      must(error <= 1e-13, () => `step ${i}: weights sum to 1 only within ${error}`);
    }
  });
}

/** Every option set on random streams, each with an instance of its own. */
async function eachTrial(
  under: CacheUnderTest,
  use: (trial: Trial, factory: CacheFactory, stream: Stream) => Promise<void>,
  runs = RUNS,
): Promise<void> {
  await eachFactory(factoriesOf(under), (factory) => {
    const onStream = (stream: Stream) => withTrial(factory, stream, (trial) => use(trial, factory, stream));
    return eachStream(factory.spec, onStream, { runs: runsOf(under, runs) });
  });
}
