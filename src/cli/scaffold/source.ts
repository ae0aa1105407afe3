import type { Files, Scaffold } from './names.js';
import { pipelinePackage, referenceOf } from './package-files.js';

const ABOUT = 'A source for kronflow.';

/** A plug-in package with one source: rows q, k and v of every token. */
export function sourcePackage(scaffold: Scaffold): Files {
  return pipelinePackage(scaffold, {
    kind: 'source',
    about: ABOUT,
    code: code(scaffold),
    pipeline: pipeline(scaffold),
    pipelineTest: pipelineTest(scaffold),
  });
}

function code({ name, exported, typescript }: Scaffold): string {
  const [imports, opened, filled] = typescript
    ? [
        'defineSource, randomStream, type RecordedStep',
        'async *open(): AsyncGenerator<RecordedStep> {',
        'const row = (fill: () => number) =>',
      ]
    : ['defineSource, randomStream', 'async *open() {', 'const row = (/** @type {() => number} */ fill) =>'];
  return `import { ${imports} } from 'kronflow';
import { z } from 'zod';

/** Normal keys and values that are N(1, 1). (Say here what your rows are, and what is to be learnt from them.) */
export const ${exported} = defineSource(
  {
    name: '${name}',
    summary: 'synthetic rows: normal keys and values',
    paper: null,
    brings: 'entries', // ready rows; or tokens, whose rows are then embedded and projected
    options: z.object({
      n: z.int().min(1).default(200).describe('tokens'),
      d: z.int().min(1).default(16).describe('numbers per head'),
    }),
  },
  ({ n, d }, { seed }) => ({
    kind: 'entries',
    streams: 1,
    describe: async () => ({ kind: '${name}', seed, n, d }), // goes into run.json
    count: async (limit) => Math.min(n, limit),
    shape: async () => ({ d, heads: 1, layers: 1, order: 'tensor', scale: 1 }),
    ${opened}
      const random = randomStream(seed, '${name}'); // never Math.random: the same seed gives the same rows
      ${filled} Float32Array.from({ length: d }, fill); // heads × d
      for (let step = 0; step < n; step++) {
        const [k1, k2] = [row(random.gaussian), row(random.gaussian)];
        const [v1, v2] = [row(() => 1 + random.gaussian()), row(() => 1 + random.gaussian())];
        const q = row(() => random.gaussian() / Math.sqrt(d)); // scores then have deviation 1
        const layers = [{ q, k1, k2, v1, v2 }];
        yield { streamId: 0, step, pos: step, tokenId: null, prefill: false, layers };
      }
    },
  }),
);
`;
}

function pipeline(scaffold: Scaffold): string {
  return `kronflow: 1
description: a window and chance on rows of ${scaffold.name}
source: { name: ${referenceOf(scaffold)}, n: 300 }
caches:
  - { name: four-cache }
  - { name: window, size: 64 }
  - { name: random, size: 64 }
`;
}

function pipelineTest({ name }: Scaffold): string {
  return `kronflow: 1
pipeline: ./pipeline.yaml
tests:
  - name: ${name} brings as many tokens as it is asked for, with scores of deviation about 1
    set: { source.n: 50, source.d: 8 }
    expect:
      rows: 150
      columns: { score_std: { min: 0.2, max: 4, at: last } }
      caches: { four-cache: { err_rel_l2: { max: 1.0e-5 } } }
`;
}
