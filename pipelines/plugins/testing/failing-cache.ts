import { z } from 'zod';
import { window } from '../../../operators/caches/window.js';
import { defineCache, type Cache } from '../../../src/core/cache.js';
import type { Plan } from '../../../src/core/plan.js';

/** Ways in which a cache of somebody else can go wrong; and `create`, before it runs. */
export const FAULTS = [
  ...['append', 'plan', 'observe', 'certify', 'outOfRange', 'census', 'positions', 'snapshot'],
  ...[
    'later',
    'no-plan',
    'no-job',
    'narrow',
    'short',
    'astray',
    'nan',
    'half-census',
    'text-bound',
    'no-census',
  ],
] as const;

/** A window that goes wrong at token `at`, in head 1 only: what other heads did before is to be left out, too. */
export const failing = defineCache(
  {
    ...{ name: 'failing', summary: 'a window that goes wrong', paper: null },
    options: z.object({ fault: z.string(), at: z.int().default(3) }),
    ...{
      exactness: 'certified',
      orders: ['tensor', 'matrix'],
      queryAware: false,
      appendOnly: false,
      selects: true,
    },
    ...{ formulaText: 'that of window', formula: window().formula, covering: () => null },
  },
  ({ fault, at }, parts): Cache => {
    const inner = window({ size: 4 }).create(parts);
    heads = (heads + 1) % 2;
    const isFaulty = heads === 0;
    let n = 0;
    const fails = (when: string) => isFaulty && fault === when && n >= at;
    const trip = (when: string) => {
      if (fails(when)) throw new Error(`${when} is broken`);
    };
    if (isFaulty && fault === 'create') throw new Error('create is broken');
    const cache = {
      append(entry: Parameters<Cache['append']>[0]) {
        trip('append');
        n++;
        const { k1 } = entry;
        inner.append(fails('nan') ? { ...entry, k1: k1.map(() => NaN) } : entry);
        return fails('later') ? Promise.resolve() : undefined;
      },
      plan(q: Parameters<Cache['plan']>[0]) {
        trip('plan');
        return wrong(inner.plan(q));
      },
      observe: () => trip('observe'),
      certify() {
        trip('certify');
        return fails('text-bound') ? ('small' as unknown as number) : 1;
      },
      outOfRange() {
        trip('outOfRange');
        return null;
      },
      positions() {
        trip('positions');
        return inner.positions!();
      },
      census() {
        trip('census');
        if (fails('no-census')) return undefined as never;
        return fails('half-census') ? { ...inner.census(), kept1: 1.5 } : inner.census();
      },
      snapshot() {
        trip('snapshot');
        return inner.snapshot();
      },
      restore: inner.restore,
    };
    const wrong = (plan: Plan): Plan => {
      const [job] = plan.jobs;
      if (job.kind !== 'grid') return plan;
      const { keys, values } = job.side1;
      const side = (changed: object) => ({ jobs: [{ ...job, side1: { ...job.side1, ...changed } }] });
      if (fails('no-plan')) return job as never;
      if (fails('no-job')) return { jobs: [{ ...job, kind: 'gird' }] } as never;
      if (fails('narrow')) return side({ values: { ...values, width: 1 } });
      if (fails('short')) return side({ keys: { ...keys, count: keys.count + 9 } });
      if (fails('astray')) return side({ keys: { ...keys, spans: [{ offset: 2 ** 40, rows: keys.count }] } });
      return plan;
    };
    return cache as Cache;
  },
);

let heads = 0; // caches are made head by head, and a run here has two
