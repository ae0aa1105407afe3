import type { Files, Scaffold } from './names.js';
import { moduleOf, packageFiles, referenceOf } from './package-files.js';

/** A plug-in package with one cache: a window, to be turned into something better. */
export function cachePackage(scaffold: Scaffold): Files {
  const { name, typescript } = scaffold;
  const ending = typescript ? 'ts' : 'js';
  return {
    [`${name}.${ending}`]: code(scaffold),
    [`${name}.test.${ending}`]: testCode(scaffold),
    'pipeline.yaml': pipeline(scaffold),
    'pipeline.test.yaml': pipelineTest(scaffold),
    ...packageFiles(scaffold, {
      ...{ kind: 'cache', dependencies: {}, readme: readme(scaffold) },
      test: `node --test ${typescript ? 'dist/' : ''}${name}.test.js && kronflow test pipeline.test.yaml`,
    }),
  };
}

function code({ name, exported, typescript }: Scaffold): string {
  const [imported, side] = typescript ? ['defineCache, type CacheParts', SIDE_TS] : ['defineCache', SIDE_JS];
  return `${typescript ? '' : '// @ts-check\n'}import { ${imported} } from 'kronflow';
import * as kit from 'kronflow/caches'; // what the built-in caches are made of
import { z } from 'zod';

const NAME = '${name}';
const COST = { metadata: 0 }; // numbers that a kept token takes beside its key and its value

/** Keep the last tokens of each side. (Say here what yours does, how it decides, and where the idea is from.) */
export const ${exported} = defineCache(
  {
    name: NAME,
    summary: 'keep the last tokens of each side, forget the rest',
    paper: null, // or { title: '…', section: '…', url: 'https://…' }
    options: z.object({ ...kit.sideBudgets }), // size and size2; one of yours: z.int().default(4).describe('…')
    exactness: 'heuristic', // what an answer promises: exact, certified, unbiased or heuristic
    orders: ['tensor', 'matrix'],
    queryAware: false, // true if queries decide what stays: see observe()
    appendOnly: false, // true if nothing ever leaves
    selects: true, // true if an answer is exact attention over the tokens that are kept
    formulaText: '2·(kept1 + kept2)·d·b',
    formula: (input, options) => kit.sizeWithin(input, options, COST),
    covering: (n) => ({ size: n }), // options that keep all of n tokens
    within: kit.sidesWithin(COST), // options that fit into so many bytes
  },
  (options, parts) => {
    kit.refuseSmallBudgets(NAME, options, COST, parts);
    const allowances = kit.allowances(options, COST, parts); // what each side may keep, once n tokens were seen
    const sides = allowances.map((allowed) => oneSide(parts, allowed));
    return kit.selectingCache(parts, sides);
  },
);

${side}
  const kept = kit.keptRows(parts, { allowed, positions: 'implied' });
  const victim = () => kept.oldest(); // the policy: the slot that the next token takes once the side is full
  return { kept, saved: kept, take: (entry) => void kept.put(entry, victim) };
}
`;
}

const SIDE_TS = `/** One of the sides: what it keeps, and how it takes a token. */
function oneSide(parts: CacheParts, allowed: (n: number) => number): kit.SelectingSide {`;

const SIDE_JS = `/**
 * One of the sides: what it keeps, and how it takes a token.
 * @param {import('kronflow').CacheParts} parts
 * @param {(n: number) => number} allowed
 * @returns {kit.SelectingSide}
 */
function oneSide(parts, allowed) {`;

function testCode({ name, exported, typescript }: Scaffold): string {
  return `${typescript ? '' : '// @ts-check\n'}import { test } from 'node:test';
import { checkCache } from 'kronflow/testing';
import { ${exported} } from './${name}.js';

// Budgets with which something is dropped within the 60 tokens of a stream; the defaults are always tested.
checkCache(${exported}, { options: [{ size: 5 }, { size: '1KiB', size2: 7 }, { size: '30%' }] }, test);
`;
}

function pipeline(scaffold: Scaffold): string {
  return `kronflow: 1
description: ${scaffold.name} beside exact attention, a window and chance, at the same size
source: { name: clustered, n: 300, d: 16, heads: 1 }
caches:
  - { name: four-cache }
  - { name: ${referenceOf(scaffold)}, label: ${scaffold.name}, size: 64 }
  - { name: window, size: 64 }
  - { name: random, size: 64 }
`;
}

function pipelineTest({ name }: Scaffold): string {
  return `kronflow: 1
pipeline: ./pipeline.yaml
tests:
  - name: ${name} keeps its budget
    source: { name: gaussian, n: 80, d: 8, heads: 1 }
    expect:
      rows: 320
      caches:
        ${name}:
          kept_side1: { max: 64 }
          resident_bytes: { equals: 8192, at: last } # 4 matrices × 64 tokens × 8 numbers × 4 bytes
  - name: with room for everything it is exact
    source: { name: gaussian, n: 20, d: 8, heads: 1 }
    expect:
      caches:
        ${name}: { err_rel_l2: { max: 1.0e-5 } }
`;
}

function readme(scaffold: Scaffold): string {
  const { name, exported, typescript } = scaffold;
  return `# ${name}

A cache for kronflow.

\`\`\`sh
npm install
npm test                                   # the laws that every cache of kronflow passes, and pipeline.test.yaml
npx kronflow run pipeline.yaml -o traces/1 # beside four-cache, window and random
npx kronflow inspect traces/1
npx kronflow help cache ${referenceOf(scaffold)}
\`\`\`

${typescript ? 'After a change: `npm run build`. ' : ''}In any other run: \`-c ${moduleOf(scaffold)}#${exported}:size=64\`; installed from a package: \`-c kronflow-${name}#${exported}\`.
`;
}
