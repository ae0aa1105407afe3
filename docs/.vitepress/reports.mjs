import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// npm run docs:reports [-- NAME …]: the reports that docs/reports.md shows again, from real runs. Takes some minutes.
const PRESETS = ['paper-trade-off', 'compression-shoot-out', 'needle'];
const MODEL = 'model-lab';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const kronflow = (...args) =>
  execFileSync(process.execPath, [here('../../dist/src/cli/main.js'), ...args], { stdio: 'inherit' });
const page = (name) => here(`../public/reports/${name}.html`);

const asked = process.argv.slice(2);
const unknown = asked.find((name) => ![...PRESETS, MODEL].includes(name));
if (unknown !== undefined) {
  console.error(`no such report: ${unknown}; there are: ${[...PRESETS, MODEL].join(', ')}`);
  process.exit(2);
}
const wanted = (name) => asked.length === 0 || asked.includes(name);

const traces = mkdtempSync(join(tmpdir(), 'kronflow-reports-'));
mkdirSync(here('../public/reports'), { recursive: true });
try {
  for (const preset of PRESETS.filter(wanted)) {
    const trace = join(traces, preset); // its name stands in the report
    kronflow('run', `preset:${preset}`, '-o', trace);
    kronflow('report', trace, '-o', page(preset));
  }
  if (wanted(MODEL)) modelReport();
} finally {
  rmSync(traces, { recursive: true });
}

/** Two windows of held-out text under exact attention with all caches beside it, and again driven by each of them. */
function modelReport() {
  const whole = here('../../../shared/data/text/tinyshakespeare.txt');
  if (!existsSync(whole)) {
    console.error(`${MODEL}: left out, for ../shared/data/text/tinyshakespeare.txt is not there`);
    return;
  }
  const all = readFileSync(whole);
  const text = join(traces, 'held-out.txt');
  writeFileSync(text, all.subarray(Math.floor(0.9 * all.length))); // what the models were not trained on
  const eighth = 'size=4096B'; // of a head's side: an eighth of what 256 tokens take
  const caches = ['window', 'random', 'heavy-hitter', 'subgen-atoms'];
  const run = (name, ...args) => {
    const dir = join(traces, name);
    const fixed = ['--model', 'tensor-small', '--tokens', '512', '--timings', 'off'];
    kronflow('run', text, ...fixed, ...args, '-o', dir);
    return dir;
  };
  const cache = (name) => ['--cache', `${name}:${eighth}`];
  const dirs = [run('exact', '--cache', 'four-cache', ...caches.flatMap(cache))];
  for (const name of caches) dirs.push(run(`by-${name}`, ...cache(name), '--drive', name));
  kronflow('report', ...dirs, '-o', page(MODEL));
}
