import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { glue } from './glue.js';
import { importing } from './import.js';
import { replay } from './replay.js';
import { journal } from './journal.js';
import { kernel } from './kernel.js';
import { ladder } from './ladder.js';
import type { Measurement } from './measure.js';
import { memory } from './memory.js';
import { pace } from './pace.js';
import { describeMachine, findingsTable, reached } from './report.js';
import { reporting } from './reporting.js';
import { sharing } from './sharing.js';
import { skipping } from './skip.js';
import { sparseProject } from './sparse-project.js';
import { watching } from './watching.js';
import { compareWith } from './versus/compare.js';

// npm run bench [-- NAME …] [-- --json FILE]: the targets of docs/, measured against one another in one run.
// npm run bench -- --vs numpy,torch,onnx [--json FILE] [--docs]: our kernels against others; docs/performance.md.
// … --from FILE: the same page again from the JSON of an earlier run.
const all: readonly Measurement[] = [
  kernel,
  ladder,
  skipping,
  sparseProject,
  glue,
  pace,
  memory,
  journal,
  importing,
  sharing,
  replay,
  watching,
  reporting,
];

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'string' },
    vs: { type: 'string' },
    docs: { type: 'boolean', default: false },
    from: { type: 'string' },
  },
  allowPositionals: true,
});
if (values.vs !== undefined) {
  await compareWith({ ...values, vs: values.vs });
  process.exit();
}
const chosen = all.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (chosen.length < positionals.length || chosen.length === 0) {
  console.error(`no such measurement; there are: ${all.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const machine = describeMachine();
console.log(
  Object.entries(machine)
    .map(([key, value]) => `${key} ${value}`)
    .join(', '),
);
const report: Record<string, unknown> = { machine };
for (const { name, moves, run } of chosen) {
  console.log(`\n${name}: ${moves}`);
  const findings = await run();
  console.log(findingsTable(findings));
  report[name] = findings.map((finding) => ({ ...finding, reached: reached(finding) }));
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
