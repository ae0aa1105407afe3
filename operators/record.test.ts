import { describe, expect, it } from 'vitest';
import type {
  HasAnswers,
  HasBounds,
  HasErrors,
  HasMemory,
  HasQkv,
  HasSparsity,
  HasUpdates,
  TokenEvent,
} from '../src/core/event.js';
import type { Answer } from '../src/core/pool.js';
import { journal } from './journal.js';
import { record } from './record.js';
import { projected, stepByStep, testRun, type TestRun } from './testing/test-run.js';

type Recordable = TokenEvent &
  HasQkv &
  HasUpdates &
  HasAnswers &
  HasErrors &
  HasMemory &
  Partial<HasBounds & HasSparsity>;

const answer = (first: number): Answer => ({
  ...{
    output: Float64Array.of(first, first + 0.5),
    lse: first + 1,
    maxScore: first + 2,
    weightNorm: NaN,
    scoreMean: first + 3,
  },
  ...{ scoreStd: first + 4, pairs: first + 5, flops: first + 6, attend_ns: first + 7, queue_ns: first + 8 },
  rest: 0,
});

const more = (i: number) => ({ l2: 61 + i, eps: 63 + i, lostMass: 65 + i, recall: 67 + i });

/** One cache, two heads: every number in it is another one. */
function recordable(run: TestRun, step: number, rest: Partial<Recordable> = {}): Recordable {
  const held = run.caches.at(0, 0);
  return {
    ...projected(run, step, { pos: step + 900, tokenId: 77 }),
    updates: held.map((cache, i) => ({ held: cache, update_ns: 11 + i })),
    answers: [answer(100), answer(200)],
    plans_ns: [97, 98],
    exact: [
      { ...answer(300), valueNorm: 71 },
      { ...answer(400), valueNorm: 72 },
    ],
    bounds: [
      { certificate: 1e9, claimedEps: null, outOfRange: true },
      { certificate: null, claimedEps: 0.5, outOfRange: null },
    ],
    sparsity: [0, 1].map((i) => ({
      ...{ pairs: 81 + i, scoreStd: 83 + i, maxScore: 85 + i, above: 87 + i, pairsForMass: 89 + i },
      ...{ topMass: 91 + i, topMassLaw: 93 + i, entropy: 95 + i },
    })),
    warnings: [{ kind: 'out-of-range', message: 'cache x: scores of 7' }],
    errors: [0, 1].map((i) => ({ relL2: 21 + i, maxAbs: 23 + i, cos: 25 + i, logZ: 27 + i, ...more(i) })),
    memory: [0, 1].map((i) => ({
      bytes: { resident: 31 + i, metadata: 33 + i, scratch: 35 + i },
      census: {
        ...{ kept1: 41 + i, kept2: 43 + i, evicted1: 45 + i, evicted2: 47 + i },
        ...{ clusters1: 51 + i, clusters2: 53 + i, samples: 55 + i },
      },
      formulaBytes: 57 + i,
    })),
    ...rest,
  };
}

const recordAll = async (run: TestRun, events: readonly Recordable[], outputs = false, timings = true) => {
  await stepByStep(events, (event) => event.pipe(record(run, { outputs, timings }), journal(run)));
  return run.batches;
};

const MEASURED = { t_ns: 0, update_ns: 12, plan_ns: 98, attend_ns: 207, queue_ns: 208, reference_ns: 407 };
const SECOND = {
  ...{
    stream_id: 0,
    layer: 0,
    head: 1,
    cache: 'four-cache',
    step: 3,
    pos: 903,
    token_id: 77,
    prefill: false,
  },
  ...{ resident_bytes: 32, formula_bytes: 58, metadata_bytes: 34, scratch_bytes: 36, budget_bytes: 5000 },
  ...{ kept_side1: 42, kept_side2: 44, evicted_side1: 46, evicted_side2: 48 },
  ...{ clusters_side1: 52, clusters_side2: 54, samples: 56, pairs_scored: 205, flops: 206 },
  ...{ err_rel_l2: 22, err_max_abs: 24, err_cos: 26, logz_err: 28, err_l2: 62, err_eps: 64 },
  ...{ claimed_eps: 0.5, certificate: null, within_bound: false, lost_mass: 66, topk_recall: 68 },
  ...{ entropy_nats: 96, pairs_above_eps: 88, pairs_for_mass: 90, top_mass: 92, top_mass_law: 94 },
  ...{ weight_norm: null, value_norm: 72, out_of_range: null, skipped_share: null, skipped_mass: null },
  ...{ score_std: 404, max_score: 202, exact_max_score: 402, lse: 201, ...MEASURED },
};

describe('record', () => {
  it('writes each number into its column, one row per cache and head (L1)', async () => {
    const run = testRun({ budget: 5000 });
    const [{ steps, outputs }] = await recordAll(run, [recordable(run, 3)]);
    expect(outputs).toBeUndefined();
    expect(steps).toHaveLength(2);
    expect(steps![1]).toEqual(SECOND);
    expect(steps![0]).toMatchObject({ head: 0, resident_bytes: 31, err_rel_l2: 21, score_std: 304, t_ns: 0 });
    expect(steps![0]).toMatchObject({
      certificate: 1e9,
      claimed_eps: null,
      within_bound: null, // nothing was promised out of its range
      out_of_range: true,
    });
    const event = { t_ns: 0, kind: 'out-of-range', stream_id: 0, step: 3, message: 'cache x: scores of 7' };
    expect(run.batches[0].events).toEqual([event]);
  });

  it('writes null for what is not known: no query, no reference, no budget', async () => {
    const run = testRun();
    const prefill = recordable(run, 0, { prefill: true, answers: null, exact: null, errors: null });
    const unjudged = recordable(run, 1, { exact: null, errors: null });
    const [first, second] = (await recordAll(run, [prefill, unjudged], true)).map(({ steps }) => steps![0]);
    const unjudgedBound = { within_bound: null, lost_mass: null, topk_recall: null, value_norm: null };
    const judgement = {
      ...unjudgedBound,
      err_l2: null,
      err_eps: null,
      err_rel_l2: null,
      err_max_abs: null,
      err_cos: null,
      logz_err: null,
    };
    const unknown = { ...judgement, score_std: null, reference_ns: null, budget_bytes: null };
    const unasked = {
      pairs_scored: null,
      flops: null,
      max_score: null,
      lse: null,
      attend_ns: null,
      queue_ns: null,
    };
    expect(first).toMatchObject({ prefill: true, ...unknown, ...unasked, update_ns: 11, resident_bytes: 31 });
    expect(second).toMatchObject({ prefill: false, ...unknown, pairs_scored: 105, attend_ns: 107 });
    expect(run.batches[0].outputs).toEqual([]);
  });

  it('writes outputs under the same key, and no time at all with timings off (L6)', async () => {
    const run = testRun({ budget: 5000 });
    const [{ steps, outputs }] = await recordAll(run, [recordable(run, 3)], true, false);
    expect(steps![1]).toEqual({
      ...SECOND,
      ...{ t_ns: null, update_ns: null, plan_ns: null, attend_ns: null, queue_ns: null, reference_ns: null },
    });
    const key = { stream_id: 0, layer: 0, cache: 'four-cache', step: 3 };
    expect(outputs).toEqual([
      { ...key, head: 0, output: Float64Array.of(100, 100.5) },
      { ...key, head: 1, output: Float64Array.of(200, 200.5) },
    ]);
  });

  it.each(['tensor', 'matrix'] as const)(
    'frees the rows of its step: the next one takes their place (%s)',
    async (order) => {
      const run = testRun({ order });
      const offsets = ({ qkv }: HasQkv) =>
        Object.values(qkv)
          .map((slot) => slot?.offset ?? null)
          .sort();
      const first = recordable(run, 0);
      await recordAll(run, [first]);
      const second = recordable(run, 1);
      expect(offsets(second)).toEqual(offsets(first));
      expect(offsets(recordable(run, 2))).not.toEqual(offsets(second));
    },
  );

  it('adds to the rows that earlier layers left', async () => {
    const run = testRun();
    const earlier = { ...recordable(run, 0), rows: [{ steps: [] }] };
    const [{ rows }] = await stepByStep([earlier], (event) =>
      event.pipe(record(run, { outputs: false, timings: true })),
    );
    expect(rows.map(({ steps }) => steps?.length)).toEqual([0, 2]);
    expect(run.batches).toEqual([]); // writing is not its business
  });

  it('leaves null for what the exact answer of a prompt measured: it only drives deeper layers', async () => {
    const run = testRun();
    const prompt = recordable(run, 0, { prefill: true, answers: null, errors: null });
    const [{ steps }] = await recordAll(run, [prompt]);
    expect(steps![0]).toMatchObject({ score_std: null, reference_ns: null });
  });
});
