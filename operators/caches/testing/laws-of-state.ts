import type { CacheFactory, Census, Snapshot } from '../../../src/core/cache.js';
import type { AttendJob } from '../../../src/core/plan.js';
import { eachStream } from './each-stream.js';
import { startTrial, withTrial, type Trial } from './harness.js';
import {
  eachFactory,
  factoriesOf,
  must,
  mustEqual,
  mustEqualAnswers,
  mustEqualArrays,
  mustEqualSnapshots,
  runsOf,
} from './law.js';
import type { CacheUnderTest, Law } from './law.js';
import type { Stream } from './streams.js';

/** Laws about what a cache keeps. */
export function lawsOfState(under: CacheUnderTest): readonly Law[] {
  const laws: Law[] = [
    {
      name: 'L2 measured bytes = formula = ledger at every step',
      hint: 'formula(input, options) must give the bytes of the rows from parts.rows(…), each under its purpose; without a census (census: null) the most they can be',
      check: () => each(under, bytesAgree),
    },
    {
      name: 'a snapshot continues bit for bit in another instance',
      hint: 'snapshot() must hold copies of everything that later answers depend on: rows, counters, the state of parts.random; restore(…) must take them over whatever the instance held before',
      check: () => each(under, resumes),
    },
    {
      name: 'a plan changes nothing that is kept',
      hint: 'plan(q) may use rows of purpose "scratch" only; what a query teaches belongs into observe(answer)',
      check: () => each(under, planIsPure),
    },
    {
      name: 'the census fits the plan and the order',
      hint: 'kept1 and kept2 are the atoms that a query sees on each side (side 2 is 0 in matrix order), evicted1 and evicted2 count up from 0',
      check: () => each(under, censusFits),
    },
  ];
  if (under.plugin.spec.appendOnly) {
    laws.push({
      name: 'kept rows never change or leave',
      hint: 'appendOnly: true promises that rows of a snapshot only get longer; if it is not meant, declare appendOnly: false',
      check: () => each(under, onlyAppends),
    });
  }
  return laws;
}

type Check = (trial: Trial, factory: CacheFactory, stream: Stream) => Promise<void>;

async function each(under: CacheUnderTest, check: Check): Promise<void> {
  await eachFactory(factoriesOf(under), (factory) => {
    const onStream = (stream: Stream) => withTrial(factory, stream, (trial) => check(trial, factory, stream));
    return eachStream(factory.spec, onStream, { dtypes: ['f32', 'f64'], runs: runsOf(under, 8) });
  });
}

const bytesAgree: Check = async (trial, factory, { d, order, dtype, tokens }) => {
  for (const [i, token] of tokens.entries()) {
    await trial.take(token);
    await trial.ask(token.q); // scratch is what a query needs
    const input = { n: i + 1, d, order, bytesPerNumber: dtype === 'f32' ? 4 : 8 };
    const [bytes, charged] = [trial.bytes(), trial.charged()];
    const size = factory.formula({ ...input, census: trial.cache.census() });
    mustEqual(bytes.resident, size.residentBytes, `step ${i}: resident bytes`);
    mustEqual(bytes.metadata, size.metadataBytes, `step ${i}: metadata bytes`);
    mustEqual(bytes.scratch, size.scratchBytes, `step ${i}: scratch bytes`);
    const planned = factory.formula({ ...input, census: null });
    const most = {
      resident: planned.residentBytes,
      metadata: planned.metadataBytes,
      scratch: planned.scratchBytes,
    };
    for (const purpose of ['resident', 'metadata', 'scratch'] as const) {
      must(
        bytes[purpose] <= most[purpose],
        () => `step ${i}: ${bytes[purpose]} ${purpose} bytes, the formula plans ${most[purpose]} at most`,
      );
    }
    for (const purpose of ['resident', 'metadata', 'scratch'] as const) {
      mustEqual(charged[purpose], bytes[purpose], `step ${i}: ledger, ${purpose}`);
    }
  }
};

const resumes: Check = async (trial, factory, stream) => {
  const half = Math.ceil(stream.tokens.length / 2);
  for (const token of stream.tokens.slice(0, half)) await trial.take(token);
  const [taken, kept] = [trial.cache.snapshot(), trial.cache.snapshot()];
  // Another seed, so that nothing but the snapshot can bring the random state; and one that has seen tokens.
  const others = [startTrial(factory, stream, 2), startTrial(factory, stream, 3)];
  try {
    for (const token of stream.tokens) await others[1].take(token);
    for (const other of others) {
      other.cache.restore(taken);
      mustEqualSnapshots(other.cache.snapshot(), taken, 'restored');
      mustEqual(other.ledger.used(), totalOf(other), 'ledger after restore');
    }
    for (const [i, token] of stream.tokens.slice(half).entries()) {
      for (const each of [trial, ...others]) await each.take(token);
      const answer = await trial.ask(token.q);
      for (const other of others) mustEqualAnswers(await other.ask(token.q), answer, `step ${half + i}`);
    }
    for (const other of others)
      mustEqualSnapshots(other.cache.snapshot(), trial.cache.snapshot(), 'at the end');
    mustEqualSnapshots(taken, kept, 'the snapshot itself, after more tokens');
  } finally {
    for (const other of others) other.release();
  }
};

const planIsPure: Check = async (trial, _factory, { tokens }) => {
  for (const [i, token] of tokens.entries()) {
    await trial.take(token);
    const [before, bytes] = [trial.cache.snapshot(), trial.bytes()];
    const answer = await trial.ask(token.q);
    mustEqualAnswers(await trial.ask(token.q), answer, `step ${i}, asked again`);
    mustEqualSnapshots(trial.cache.snapshot(), before, `step ${i}, after asking`);
    mustEqual(trial.bytes().resident, bytes.resident, `step ${i}: resident bytes after asking`);
    mustEqual(trial.bytes().metadata, bytes.metadata, `step ${i}: metadata bytes after asking`);
  }
};

const onlyAppends: Check = async (trial, _factory, { tokens }) => {
  let before: Snapshot = {};
  for (const token of tokens) {
    await trial.take(token);
    const after = trial.cache.snapshot();
    for (const [name, rows] of Object.entries(before)) {
      if (!ArrayBuffer.isView(rows)) continue; // plain lists are counters
      mustEqualArrays((after[name] as Float64Array).subarray(0, rows.length), rows, name);
    }
    before = after;
  }
};

const censusFits: Check = async (trial, { spec }, { order, tokens }) => {
  let evicted = [0, 0];
  for (const [i, token] of tokens.entries()) {
    await trial.take(token);
    const census = trial.cache.census();
    for (const [name, count] of Object.entries(census) as [keyof Census, number | null][]) {
      const whole = count === null || (Number.isInteger(count) && count >= 0);
      must(whole, () => `step ${i}: ${name} = ${count}`);
      if (order === 'matrix' && name.endsWith('2')) must(!count, () => `step ${i}: ${name} in matrix order`);
    }
    if (spec.exactness === 'exact') mustEqual(census.kept1, i + 1, `step ${i}: entries kept`);
    if (spec.appendOnly) mustEqual(census.evicted1 + census.evicted2, 0, `step ${i}: evicted`);
    must(census.evicted1 >= evicted[0] && census.evicted2 >= evicted[1], () => `step ${i}: evicted fell`);
    evicted = [census.evicted1, census.evicted2];
    const { jobs } = trial.cache.plan(Float32Array.from(token.q));
    if (spec.readsPart) readsOnlyWhatIsKept(census, jobs, order);
    else seesWhatIsKept(census, jobs, order);
  }
};

/** In a grid, and in rows of matrix order, every atom is a kept row of its side; sums over monomials have no atoms. */
function seesWhatIsKept({ kept1, kept2 }: Census, all: readonly AttendJob[], order: Stream['order']): void {
  const jobs = all.filter((job) => job.kind === 'rows' || job.kind === 'grid');
  if (all.some(({ kind }) => !['rows', 'grid', 'features'].includes(kind))) return; // nobody can see into it
  if (order === 'tensor' && jobs.some(({ kind }) => kind === 'rows')) return; // rows are products here
  const side1 = jobs.map((job) => (job.kind === 'grid' ? job.side1 : job.atoms).keys.count);
  const side2 = jobs.map((job) => (job.kind === 'grid' ? job.side2.keys.count : 0));
  const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
  mustEqual(kept1, sum(side1), 'kept on side 1');
  mustEqual(kept2, sum(side2), 'kept on side 2');
}

/** No job sees more atoms of a side than are kept; rows of tensor order are pairs of them. */
function readsOnlyWhatIsKept(
  { kept1, kept2 }: Census,
  jobs: readonly AttendJob[],
  order: Stream['order'],
): void {
  for (const job of jobs) {
    if (job.kind !== 'rows' && job.kind !== 'grid') continue;
    const rows = job.kind === 'rows' ? job.atoms.keys.count : job.side1.keys.count;
    const most = job.kind === 'rows' && order === 'tensor' ? kept1 * kept2 : kept1;
    must(rows <= most, () => `a job sees ${rows} rows of ${most} kept`);
    if (job.kind === 'grid')
      must(job.side2.keys.count <= kept2, () => 'a job sees more of side 2 than is kept');
  }
}

function totalOf(trial: Trial): number {
  const { resident, metadata, scratch } = trial.bytes();
  return resident + metadata + scratch;
}
