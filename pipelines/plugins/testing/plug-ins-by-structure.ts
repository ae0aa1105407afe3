/** Plug-ins by structure alone, as another copy of kronflow would make them. Whether they fail is said by files beside them. */
export const PLUGINS = `
import { existsSync, appendFileSync } from 'node:fs';
import { EMPTY, map, mergeMap, of, throwError } from 'rxjs';
import { z } from 'zod';
const spec = (kind, name, options, more) => ({ kind, apiVersion: 1, name, summary: 'for a test', paper: null, options: z.object(options), ...more });
const plugin = (spec, create) => Object.assign((options = {}) => create(spec.options.parse(options)), { spec });
const row = (event, more) => ({ stream_id: event.streamId, layer: event.layer, head: 0, cache: null, step: event.step, name: 'm', x: null, value: 1, ...more });
const leave = (event, ...measures) => ({ ...event, rows: [...event.rows, { measures }] });

const FAULTS = {
  drops: () => EMPTY,
  doubles: (event) => of(event, event),
  moves: (event) => of({ ...event, step: event.step + 1 }),
  shortens: (event) => of({ ...event, updates: event.updates.slice(1) }),
  forgets: (event) => of({ ...event, rows: [] }),
  throws: (event) => event.no.thing,
  errors: () => throwError(() => 'just a word'),
  nan: (event) => of(leave(event, row(event, { value: NaN }))),
  missing: (event) => of(leave(event, row(event, { name: undefined }))),
  strays: (event) => of(leave(event, row(event, { step: 99 }))),
  extra: (event) => of(leave(event, row(event, { colour: 'red' }))),
  steps: (event) => of({ ...event, rows: [...event.rows, { steps: [] }] }),
  nothing: () => of(undefined),
};
export const faulty = plugin(spec('operator', 'faulty', { fault: z.string() }, { after: 'attend' }), ({ fault }) => () =>
  mergeMap((event) => (event.step === 2 && event.layer === 0 ? FAULTS[fault](event) : of(event))));
export const none = plugin(spec('operator', 'none', {}, { after: 'attend' }), () => () => 3);

const counting = (state) => plugin(spec('operator', 'counting-' + state, {}, { after: 'account', state }), () => () => {
  let n = 0;
  const count = map((event) => leave(event, row(event, { value: ++n })));
  return state === 'saved' ? Object.assign(count, { save: () => ({ n }), restore: (saved) => void (n = saved.n) }) : count;
});
export const saved = counting('saved');
export const unsaved = counting('unsaved');
export const liar = plugin(spec('operator', 'liar', {}, { after: 'account', state: 'saved' }), () => () => map((event) => event));

let busy = 0;
export const slow = plugin(spec('sink', 'slow', { path: z.string() }), ({ path }) => async ({ from }) => {
  appendFileSync(path, 'from ' + from + '\\n');
  let n = from;
  return {
    async write({ steps = [] }) {
      if (existsSync(path + '.full') && n === 5) throw new Error('queue is full');
      n++;
      if (++busy > 1) throw new Error('called while it was writing');
      await new Promise((resolve) => setTimeout(resolve, 2));
      busy--;
      appendFileSync(path, steps[0].step + '\\n');
    },
    close: async () => appendFileSync(path, 'closed\\n'),
  };
});
export const unopened = plugin(spec('sink', 'unopened', {}), () => async () => { throw new Error('no such host'); });
export const unclosed = plugin(spec('sink', 'unclosed', {}), () => async () => ({ write: async () => {} }));

const shape = (rows) => ({ width: rows.width, count: rows.count, spans: rows.spans() });
const cacheSpec = spec('cache', 'breaking', { at: z.number() }, {
  exactness: 'exact', orders: ['tensor'], queryAware: false, appendOnly: true, selects: false, covering: () => null, formulaText: '4·n·d·b',
  formula: ({ n, d, bytesPerNumber }) => ({ residentBytes: 4 * n * d * bytesPerNumber, metadataBytes: 0, scratchBytes: 0, flops: 0 }),
});
export const breaking = plugin(cacheSpec, (options) => ({
  ...{ spec: cacheSpec, options, formula: cacheSpec.formula, claimedEps: () => null },
  create(parts) {
    const names = ['k1', 'v1', 'k2', 'v2'];
    const held = Object.fromEntries(names.map((name) => [name, parts.rows(parts.d)]));
    const side = (k, v) => ({ keys: shape(held[k]), values: shape(held[v]), logWeights: null });
    return {
      append(entry) {
        if (held.k1.count === options.at) throw new Error('enough');
        for (const name of names) held[name].append(entry[name]);
      },
      plan: () => ({ jobs: [{ kind: 'grid', role: 'both', side1: side('k1', 'v1'), side2: side('k2', 'v2'), logScale: 0 }] }),
      census: () => ({ kept1: held.k1.count, kept2: held.k1.count, evicted1: 0, evicted2: 0, clusters1: null, clusters2: null, samples: null }),
      snapshot: () => Object.fromEntries(names.map((name) => [name, held[name].snapshot()])),
      restore: (saved) => names.forEach((name) => held[name].restore(saved[name])),
    };
  },
}));

const rows = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i + 1));
export const source = plugin(spec('source', 'odd', { fault: z.string() }, { brings: 'entries' }), ({ fault }) => () => ({
  kind: fault === 'kind' ? 'words' : 'entries',
  streams: 1,
  describe: async () => (fault === 'describe' ? 'me' : {}),
  count: async () => 6,
  shape: async () => ({ layers: 1, heads: 2, d: fault === 'shape' ? 0 : 4, order: 'matrix', scale: null }),
  async *open() {
    for (let step = 0; step < 6; step++) {
      if (fault === 'throws' && step === 3) throw new Error('line is dead');
      const [q, k1, v1] = [rows(8), rows(fault === 'short' && step === 3 ? 7 : 8), rows(8)];
      if (fault === 'nan' && step === 3) v1[5] = NaN;
      const token = { streamId: 0, step: fault === 'skips' && step === 3 ? 4 : step, pos: step, tokenId: null, prefill: false };
      yield { ...token, layers: fault === 'layers' && step === 3 ? [] : [{ q, k1, k2: null, v1, v2: null }] };
    }
  },
}));
`;
