import type { Command } from 'commander';
import { placeText } from '../../../pipelines/files/index.js';
import { runTestFile, type FileResult } from '../../../pipelines/test-file/index.js';
import { EXIT } from '../exit-codes.js';
import { failureText, resultText } from '../test-text.js';

interface TestFlags {
  readonly filter?: string;
  readonly json?: true;
}

/** `test FILE…`: unit tests for pipelines. */
export function addTestCommand(program: Command): void {
  program
    .command('test')
    .description('run the tests of pipelines: what is decoded, and what is expected of the trace')
    .argument('<file...>', 'files of tests, YAML or JSON (kronflow create pipeline writes one)')
    .option('--filter <text>', 'only tests whose name contains this')
    .option('--json', 'print the results as JSON')
    .action(async (files: readonly string[], { filter = '', json }: TestFlags) => {
      const say = (text: string) => void (json || process.stdout.write(`${text}\n`));
      const results: FileResult[] = [];
      for (const file of files) {
        say(file);
        results.push(await runTestFile(file, { filter, onTest: (result) => say(resultText(result)) }));
      }
      const tests = results.flatMap((result) => result.tests);
      const failed = tests.filter(({ passed }) => !passed).length;
      if (failed > 0) process.exitCode = EXIT.broken;
      if (json) process.stdout.write(`${JSON.stringify(asJson(results))}\n`);
      else if (tests.length === 0) say(`no test has "${filter}" in its name`);
      else
        say(
          `${tests.length} ${tests.length === 1 ? 'test' : 'tests'}: ${tests.length - failed} passed, ${failed} failed`,
        );
    });
}

/** What `--json` prints, as docs/command-line.md says. */
function asJson(results: readonly FileResult[]) {
  const tests = results.flatMap((result) => result.tests);
  const passed = tests.filter((test) => test.passed).length;
  const files = results.map(({ path, tests }) => ({
    file: path,
    tests: tests.map(({ name, place, passed, findings, error }) => ({
      ...{ name, place: placeText(place), passed },
      findings: findings.map(({ path, place, ...finding }) => ({
        path: ['expect', ...path].map(String),
        place: placeText(place),
        ...finding,
      })),
      error: error === null ? null : failureText(error),
    })),
  }));
  return { passed, failed: tests.length - passed, files };
}
