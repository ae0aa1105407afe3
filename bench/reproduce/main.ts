import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { describeMachine } from '../report.js';
import { reproduceBounds } from './bounds.js';
import { reproduceIndexGame } from './index-game.js';
import { reproducePolynomial } from './polynomial.js';
import { reproduceSkip } from './skip.js';
import { reproduceSubgen } from './subgen.js';

// npm run reproduce [-- NAME …] [-- --output FILE]: the tables behind what the papers claim, made by the caches themselves.
const parts: Readonly<Record<string, { readonly title: string; make(): Promise<{ markdown: string }> }>> = {
  bounds: { title: 'Theorems, as claimed and as they hold', make: () => Promise.resolve(reproduceBounds()) },
  'index-game': { title: 'The Index game', make: reproduceIndexGame },
  subgen: { title: 'SubGen and weighted atoms', make: reproduceSubgen },
  polynomial: { title: 'The polynomial cache', make: reproducePolynomial },
  skip: { title: 'Certified skipping and hashing', make: reproduceSkip },
};

const { values, positionals } = parseArgs({
  options: { output: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !(name in parts));
if (unknown !== undefined) {
  console.error(`no such part: ${unknown}; there are: ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}

const chosen = Object.entries(parts).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
);
const sections: string[] = [];
for (const [name, { title, make }] of chosen) {
  const start = performance.now();
  const { markdown } = await make();
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.error(`${name}: ${seconds} s`);
  sections.push(`## ${title}\n\n\`npm run reproduce -- ${name}\` (${seconds} s)\n\n${markdown}`);
}
const machine = Object.entries(describeMachine()).map(([key, value]) => `${key} ${value}`);
const page = `# Results

Written by \`npm run reproduce\`: every number below was measured by kronflow's own caches in one run, seeds fixed in the
sources (bench/reproduce). Numbers in brackets or under "expected" are those of the formula page (docs/math.md); ✗ marks what
is off by more than a factor of 1.5, and the note under the table says which of the two is wrong, and why.

${machine.join(', ')}

${sections.join('\n\n')}
`;
if (values.output === undefined) console.log(page);
else writeFileSync(values.output, page);
