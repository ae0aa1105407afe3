import { blockLsh } from '../operators/caches/block-lsh.js';
import { fourCache } from '../operators/caches/four-cache.js';
import { lsh } from '../operators/caches/lsh.js';
import { skip } from '../operators/caches/skip.js';
import type { Cache, CacheFactory } from '../src/core/cache.js';
import type { AttentionPool } from '../src/core/pool.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from '../workers/arena.js';
import { chooseKernel } from '../workers/choose-kernel.js';
import { createPool } from '../workers/pool.js';
import { TILINGS } from '../workers/kernels/kernel.js';
import { judged, medians, noted, type Finding, type Measurement } from './measure.js';

const [N, D] = [2048, 64];
const GOAL = 20; // issue 3: one needle, against its own speed without skipping

/** Size of keys and queries, and what stands out of them (performance.md 5). */
const STREAMS = {
  flat: { key: 0.5, query: 1, large: 0, needle: false },
  'heavy keys': { key: 0.7, query: 1.2, large: 8, needle: false },
  'one needle': { key: 0.5, query: 3, large: 0, needle: true },
} as const;
type Kind = keyof typeof STREAMS;

/** What skipping and hashing take, against the same exact step without them. Plans of the main thread are included. */
export const skipping: Measurement = {
  name: 'skip',
  moves: `one query over n² pairs, n = ${N}, d = ${D}; exact attention on the best kernel, and caches that leave pairs out`,
  async run() {
    const kernel = await chooseKernel('auto');
    const findings: Finding[] = [];
    for (const kind of Object.keys(STREAMS) as Kind[]) {
      for (const threads of [1, 2]) {
        const arena = SharedArena.create('f32');
        const pool = createPool({ arena, threads, kernel, small: TILINGS[kernel.name].work });
        findings.push(...(await measure(kind, threads, arena, pool)));
        await pool.close();
      }
    }
    return findings;
  },
};

async function measure(
  kind: Kind,
  threads: number,
  arena: SharedArena,
  pool: AttentionPool,
): Promise<readonly Finding[]> {
  const { q, asks } = fill(kind, arena, {
    ...{ exact: fourCache(), skip: skip(), lsh: lsh(), 'block-lsh': blockLsh({ block: 64 }) },
  });
  const ask = (cache: Cache) => async () =>
    (await pool.attend([{ q, d: D, scale: 1, plan: cache.plan(arena.view(q)) }]))[0];
  const arms = Object.fromEntries(Object.entries(asks).map(([name, cache]) => [name, ask(cache)]));
  const times = await medians(arms, { rounds: 31, warmup: 8 });
  const [answer, exact] = [await arms.skip(), await arms.exact()];
  const error = Math.hypot(...answer.output.map((x, j) => x - exact.output[j])) / Math.hypot(...exact.output);
  const at = (what: string) => `${kind}, ${threads} threads: ${what}`;
  const ratio = times.exact / times.skip;
  const kept = [
    noted(at('pairs that skip scores'), (100 * answer.pairs) / N ** 2, '%'),
    noted(at('error of skip'), error, 'relative'),
  ];
  const others = ['lsh', 'block-lsh'].map((name) =>
    noted(at(`exact / ${name}`), times.exact / times[name], '×'),
  );
  const name = at('exact / skip');
  return [
    noted(at('exact'), times.exact, 'ms'),
    kind === 'one needle' ? judged(name, ratio, '× faster', 'least', GOAL) : noted(name, ratio, '× faster'),
    ...kept,
    ...(threads === 1 ? others : []),
  ];
}

/** Caches that have all seen the same tokens, and the query. */
function fill(kind: Kind, arena: SharedArena, factories: Readonly<Record<string, CacheFactory>>) {
  const { key, query, large, needle } = STREAMS[kind];
  const random = randomStream(1, 'skip bench');
  const gaussian = (size: number) => Float32Array.from({ length: D }, () => size * random.gaussian());
  const q = arena.alloc(D);
  arena.view(q).set(gaussian(query / Math.sqrt(D)));
  const [k1, k2] = [0, 1].map(() => Array.from({ length: N }, () => gaussian(key)));
  for (let i = 0; i < large; i++) {
    for (const keys of [k1, k2]) {
      const at = random.below(N);
      keys[at] = keys[at].map((x) => 6 * x);
    }
  }
  if (needle) {
    k1[Math.floor(N / 3)] = Float32Array.from(arena.view(q), (x) => 3 * Math.sign(x));
    k2[N / 2] = new Float32Array(D).fill(3);
  }
  const parts = { d: D, order: 'tensor', scale: 1, bytesPerNumber: 4 } as const;
  const rows = (width: number) => arena.rows(width, () => {});
  const asks = Object.fromEntries(
    Object.entries(factories).map(([name, factory]) => [
      name,
      factory.create({ ...parts, rows, random: randomStream(2, name) }),
    ]),
  );
  for (let i = 0; i < N; i++) {
    const entry = { k1: k1[i], k2: k2[i], v1: gaussian(1), v2: gaussian(1) };
    for (const cache of Object.values(asks)) cache.append(entry);
  }
  return { q, asks };
}
