// Compiled, never run: a wrong order of operators must not compile. Removing a line's error fails the build.
import { map, of, tap } from 'rxjs';
import { z } from 'zod';
import { accountMemory } from '../operators/account-memory.js';
import { attend } from '../operators/attend.js';
import { certify } from '../operators/certify.js';
import { compare } from '../operators/compare.js';
import { embed } from '../operators/embed.js';
import { journal } from '../operators/journal.js';
import { layerNorm } from '../operators/layer-norm.js';
import { project } from '../operators/project.js';
import { record } from '../operators/record.js';
import { updateCaches } from '../operators/update-caches.js';
import { defineCache, type Cache } from '../src/core/cache.js';
import type { RecordedStep, TokenEvent } from '../src/core/event.js';
import { defineOperator, type OperatorPlugin } from '../src/core/operator.js';
import { defineSink } from '../src/core/sink.js';
import { defineSource } from '../src/core/source.js';
import type { Run } from '../src/core/run.js';
import type { ProjectionWeights } from '../src/core/weights.js';

declare const run: Run;
declare const token: TokenEvent;
declare const weights: ProjectionWeights;
const reference = { reference: 'f64', always: false } as const;
const written = { outputs: false, timings: false } as const;

export const right = of(token).pipe(
  embed(run, { rotary: false }),
  layerNorm(),
  project(run, { layer: 0, weights }),
  updateCaches(run),
  attend(run),
  compare(run, reference),
  accountMemory(run),
  record(run, written),
  journal(run),
);

const embedded = of(token).pipe(embed(run, { rotary: false }));
const projected = embedded.pipe(layerNorm(), project(run, { layer: 0, weights }));
const updated = projected.pipe(updateCaches(run));

// @ts-expect-error a token has no residual stream before embed
of(token).pipe(layerNorm());
// @ts-expect-error project needs layerNorm first
embedded.pipe(project(run, { layer: 0, weights }));
// @ts-expect-error caches need projected rows
embedded.pipe(updateCaches(run));
// @ts-expect-error attend needs updated caches
projected.pipe(attend(run));
// @ts-expect-error compare needs answers
updated.pipe(compare(run, reference));
// @ts-expect-error journal needs recorded rows
updated.pipe(attend(run), journal(run));
// @ts-expect-error record needs errors and memory
updated.pipe(attend(run), record(run, written));

// Operators of users: the place says what an event carries there.
const spec = { name: 'x', summary: 'x', paper: null, options: z.object({ k: z.number() }) };

export const measuring = defineOperator({ ...spec, after: 'compare' }, ({ k }, { shape }) =>
  map((event) => {
    const value = (event.exact?.[0].lse ?? 0) * k * shape.d + event.answers!.length;
    const key = { stream_id: event.streamId, layer: event.layer, head: 0, cache: null, step: event.step };
    return { ...event, rows: [...event.rows, { measures: [{ ...key, name: 'x', x: null, value }] }] };
  }),
);
export const accounting = defineOperator({ ...spec, after: 'account' }, () =>
  tap(({ memory, errors, qkv }) => void [memory[0].bytes, errors, qkv.q]),
);
export const listed: readonly OperatorPlugin[] = [measuring, accounting];
// what one makes fits into a pipeline of one's own, at its place
export const placed = updated.pipe(
  attend(run),
  certify(run),
  map((event) => ({ ...event, rows: [] })),
  defineOperator({ ...spec, after: 'attend' }, () => tap())({ k: 1 })(run),
);

// @ts-expect-error there are no errors before compare
defineOperator({ ...spec, after: 'attend' }, () => map((event) => ({ ...event, n: event.errors })));
// @ts-expect-error nobody has answered after project
defineOperator({ ...spec, after: 'project' }, () => tap(({ answers }) => void answers));
// @ts-expect-error memory is counted last
defineOperator({ ...spec, after: 'compare' }, () => tap(({ memory }) => void memory));
// @ts-expect-error an operator keeps what comes in
defineOperator({ ...spec, after: 'compare' }, () => map(({ step }) => ({ step })));
// @ts-expect-error there is no such place
defineOperator({ ...spec, after: 'embed' }, () => tap());
// @ts-expect-error options come from the schema
defineOperator({ ...spec, after: 'compare' }, ({ missing }) => tap(() => void missing));
const unfinished = { measures: [{ name: 'x' }] };
// @ts-expect-error a row of measures has a value, and says where it was measured
defineOperator({ ...spec, after: 'compare' }, () => map((event) => ({ ...event, rows: [unfinished] })));

export const sink = defineSink(spec, ({ k }, { dir, from }) =>
  Promise.resolve({
    write: async ({ steps = [] }) => void [k, dir, from, steps[0].cache],
    close: () => Promise.resolve(),
  }),
);
// @ts-expect-error a sink has to be closed
defineSink(spec, () => Promise.resolve({ write: () => Promise.resolve() }));
// @ts-expect-error a sink is awaited
defineSink(spec, () => ({ write: () => Promise.resolve(), close: () => Promise.resolve() }));

const tokens = {
  kind: 'tokens',
  streams: 1,
  describe: () => Promise.resolve({}),
  count: () => Promise.resolve(null),
  open: () => nothing<TokenEvent>(),
} as const;
export const source = defineSource({ ...spec, brings: 'tokens' }, () => tokens);
// @ts-expect-error ready rows need their sizes
defineSource({ ...spec, brings: 'entries' }, () => ({
  ...tokens,
  kind: 'entries',
  open: () => nothing<RecordedStep>(),
}));

const cacheSpec = {
  ...spec,
  exactness: 'heuristic',
  orders: ['matrix'],
  queryAware: false,
  appendOnly: true,
  selects: false,
  formulaText: '0',
  formula: () => ({ residentBytes: 0, metadataBytes: 0, scratchBytes: 0, flops: 0 }),
  covering: () => null,
} as const;
declare const cache: Cache;
export const right2 = defineCache(cacheSpec, (_, { d }) => ({
  ...cache,
  append: ({ k1 }) => void [d, k1.length],
}));
const { census: _, ...uncounted } = cache;
// @ts-expect-error a cache counts what it holds
defineCache(cacheSpec, () => uncounted);
const { covering: __, ...unbounded } = cacheSpec;
// @ts-expect-error a spec says with which options everything is kept
defineCache(unbounded, () => cache);

declare function nothing<T>(): AsyncIterable<T>;
