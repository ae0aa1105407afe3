import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// npm run docs:reports: the reports that docs/reports.md shows again, from real runs of presets. Takes a minute or two.
const REPORTS = ['paper-trade-off', 'compression-shoot-out', 'needle'];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const kronflow = (...args) =>
  execFileSync(process.execPath, [here('../../dist/src/cli/main.js'), ...args], { stdio: 'inherit' });

const traces = mkdtempSync(join(tmpdir(), 'kronflow-reports-'));
mkdirSync(here('../public/reports'), { recursive: true });
try {
  for (const preset of REPORTS) {
    const trace = join(traces, preset); // its name stands in the report
    kronflow('run', `preset:${preset}`, '-o', trace);
    kronflow('report', trace, '-o', here(`../public/reports/${preset}.html`));
  }
} finally {
  rmSync(traces, { recursive: true });
}
