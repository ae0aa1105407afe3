import type { Command } from 'commander';
import { isPipelineFile } from '../../../pipelines/files/load.js';
import { preparePipeline } from '../../../pipelines/files/prepare.js';
import { PipelineFailure } from '../../../pipelines/files/problem.js';
import { pathText } from '../../../pipelines/files/tree.js';
import { lintTrace } from '../../../pipelines/lint/lint-trace.js';
import { verifyTraces, type Difference } from '../../../pipelines/verify.js';
import { isFailure, type Failure } from '../../core/failure.js';
import { EXIT } from '../exit-codes.js';
import { collect, number } from '../flag-parsers.js';

/** `verify` and `lint`: whether two traces say the same, and whether one can be true. */
export function addCheckCommands(program: Command): void {
  program
    .command('verify')
    .description(
      'compare two traces value by value, in every column but the measured times; name the first difference',
    )
    .argument('<a>', 'folder of a sealed trace')
    .argument('<b>', 'folder of another one, of the same shape and caches')
    .option(
      '--tolerance <t>',
      'numbers a, b may differ by t·max(1, |a|, |b|)',
      number('--tolerance', 'a number, 0 or more', (x) => x >= 0 && Number.isFinite(x)),
      0,
    )
    .option('--json', 'print the result as JSON')
    .action(verify);
  program
    .command('lint')
    .description(
      'check pipeline files as run would; hold traces against the laws: keys, conservation, bytes, clocks, values, ' +
        'dead columns, checksums',
    )
    .argument('<path...>', 'pipeline files (.yaml, .yml, .json, preset:NAME), or folders of sealed traces')
    .option('--strict', 'notes count as well')
    .option('--set <path=value>', 'a value of the pipeline files, as run takes it', collect, [])
    .option('--json', 'print the findings as JSON')
    .action(lint);
}

async function verify(
  a: string,
  b: string,
  { tolerance, json }: { tolerance: number; json?: true },
): Promise<void> {
  const result = await verifyTraces(a, b, tolerance);
  if (result.difference !== null) process.exitCode = EXIT.broken;
  if (json) return void process.stdout.write(`${JSON.stringify({ a, b, tolerance, ...result })}\n`);
  const rows = Object.entries(result.compared).map(([table, count]) => `${table} ${count}`);
  for (const table of result.onlyInOne)
    process.stderr.write(`not compared, only one of them has it: ${table}\n`);
  const text =
    result.difference === null ? `same; rows: ${rows.join(', ')}` : differenceText(a, b, result.difference);
  process.stdout.write(`${text}\n`);
}

function differenceText(a: string, b: string, { table, row, key, column, ...values }: Difference): string {
  const place = Object.entries(key).map(([name, value]) => `${name} ${value}`);
  const what = column === null ? 'there' : column;
  return `different: ${table} row ${row} (${place.join(', ')}), ${what}\n  ${a}: ${values.a}\n  ${b}: ${values.b}`;
}

interface LintFlags {
  readonly strict?: true;
  readonly json?: true;
  readonly set: readonly string[];
}

async function lint(paths: readonly string[], flags: LintFlags): Promise<void> {
  for (const path of paths) {
    if (isPipelineFile(path)) await lintPipeline(path, flags);
    else await lintOneTrace(path, flags);
  }
}

/** The same check as that before a run, so that they say the same. */
async function lintPipeline(path: string, { json, set }: LintFlags): Promise<void> {
  try {
    const { resolved } = await preparePipeline(path, { set });
    const { caches } = resolved.config;
    const said = json
      ? JSON.stringify({ file: path, sound: true, problems: [] })
      : `${path}: sound; ${caches.length} caches`;
    process.stdout.write(`${said}\n`);
  } catch (error) {
    if (!isFailure(error)) throw error;
    process.exitCode = EXIT.refused;
    if (!json) return void process.stderr.write(`kronflow: ${error.message}\n`);
    process.stdout.write(`${JSON.stringify({ file: path, sound: false, problems: problemsOf(error) })}\n`);
  }
}

/** Every mistake with its place, for programs. */
function problemsOf(error: Failure): readonly object[] {
  const { code, what, hint = null } = error;
  if (!(error instanceof PipelineFailure)) return [{ code, what, hint }];
  return error.problems.map(({ place, path, ...problem }) => {
    const { from: file, line, column } = place;
    return { ...problem, file, line, column, path: pathText(path) };
  });
}

async function lintOneTrace(dir: string, { strict, json }: LintFlags): Promise<void> {
  const { rows, findings } = await lintTrace(dir);
  const bad = findings.filter(({ severity }) => strict === true || severity === 'broken');
  if (bad.length > 0) process.exitCode = EXIT.broken;
  if (json) return void process.stdout.write(`${JSON.stringify({ dir, rows, findings })}\n`);
  for (const { severity, rule, message } of findings)
    process.stdout.write(`${severity} ${rule}: ${message}\n`);
  const read = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  process.stdout.write(
    `${dir}: ${bad.length === 0 ? 'sound' : `${bad.length} broken`}; rows: ${read.join(', ')}\n`,
  );
}
