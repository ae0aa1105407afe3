import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { isFailure } from '../../src/core/failure.js';
import { describeMachine } from '../report.js';
import { reproduceBounds } from './bounds.js';
import { reproduceIndexGame } from './index-game.js';
import { readText } from './model/text.js';
import { reproduceModel } from './model.js';
import { withSections } from './page.js';
import { reproducePolynomial } from './polynomial.js';
import { reproducePruning } from './pruning.js';
import { reproduceSkip } from './skip.js';
import { reproduceSubgen } from './subgen.js';
import { OFF } from './table.js';
import { reproduceTraining } from './training.js';

// npm run reproduce [-- NAME …] [-- --output FILE]: the tables of math.md made again; each says by what. With names, a file
// that is there keeps all other sections.
const parts: Readonly<Record<string, { readonly title: string; make(): Promise<{ markdown: string }> }>> = {
  bounds: { title: 'Theorems, as claimed and as they hold', make: () => Promise.resolve(reproduceBounds()) },
  'index-game': { title: 'The Index game', make: reproduceIndexGame },
  subgen: { title: 'SubGen and weighted atoms', make: reproduceSubgen },
  polynomial: { title: 'The polynomial cache', make: reproducePolynomial },
  skip: { title: 'Certified skipping and hashing', make: reproduceSkip },
  pruning: { title: 'Pruning for the attention matrix', make: reproducePruning },
  training: { title: 'Training tensor attention', make: () => Promise.resolve(reproduceTraining()) },
  model: { title: 'A language model under every cache', make: reproduceModel },
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
const machine = Object.entries(describeMachine()).map(([key, value]) => `${key} ${value}`);
if (chosen.some(([name]) => name === 'model')) await readText().catch(refuse); // without it nothing is begun
const sections: { title: string; text: string }[] = [];
for (const [name, { title, make }] of chosen) {
  const start = performance.now();
  const { markdown } = await make();
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.error(`${name}: ${seconds} s`);
  sections.push({
    title,
    text: `\`npm run reproduce -- ${name}\` (${seconds} s${positionals.length > 0 ? `; ${machine.join(', ')}` : ''})\n\n${markdown}`,
  });
}
const page = `# Results

Written by \`npm run reproduce\` in one run, seeds fixed in the sources (bench/reproduce). Not every number is a measurement:
under each title stands what made the table. Measured with kronflow's caches are the Index game (math.md 3.3, 3.4), the errors
at equal memory (4.6), the degrees of the polynomial cache (5.3) and the skip cache. Formulas alone are the theorems (2) and,
but for the state, when the polynomial cache pays (5.4). Skipping row by block (7.7, row-skip.ts) and the probabilities of
buckets (7.4, buckets.ts) are measured with code of bench/reproduce, because no cache does just that. Times and errors of
gradients (6) are measured with src/lab, and depend on the machine where they are times. Medians and means of the
scripts behind math.md are constants of the sources, and named so where they stand.

Numbers in brackets or under "expected" are those of the formula page (docs/math.md); ✗ marks what is off by more than a
factor of ${OFF}, either way. Where the note under a table knows why, it says so.

${machine.join(', ')}

`;
const known = values.output !== undefined && positionals.length > 0 && existsSync(values.output);
const whole = withSections(known ? readFileSync(values.output!, 'utf8') : page, sections);
if (values.output === undefined) console.log(whole);
else writeFileSync(values.output, whole);

function refuse(error: unknown): never {
  if (!isFailure(error)) throw error;
  console.error(error.message);
  process.exit(2);
}
