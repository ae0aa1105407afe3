import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFailure } from '../../src/core/failure.js';
import { executeRun } from '../execute.js';
import { parsePath, type Override } from '../files/overrides.js';
import { fromWorkingFolder } from '../files/paths.js';
import { preparePipeline } from '../files/prepare.js';
import { nodeAt, placeOf, plain, type MapNode, type Path, type Place } from '../files/tree.js';
import { fillVariables, type Environment } from '../files/variables.js';
import { checkTrace } from './check-trace.js';
import type { Finding } from './finding.js';
import { readTestFile, type TestFile } from './read-test-file.js';
import type { Expectation, PipelineTest } from './schema.js';

/** How one test went. */
export interface TestResult {
  readonly name: string;
  /** Where it stands. */
  readonly place: Place;
  readonly passed: boolean;
  readonly findings: readonly (Finding & { readonly place: Place })[];
  /** Why the run did not come to an end; null where it did, or where the test expects it. */
  readonly error: unknown;
}

/** How a file of tests went. */
export interface FileResult {
  readonly path: string;
  readonly tests: readonly TestResult[];
}

/**
 * Run the tests of a file whose names contain `filter`, one after the other, each in a temporary folder that is removed.
 * @throws PipelineFailure, or Failure `not-found`, for a file of tests that is none
 */
export async function runTestFile(
  path: string,
  { filter = '', onTest = () => {} }: { filter?: string; onTest?: (result: TestResult) => void } = {},
): Promise<FileResult> {
  const file = await readTestFile(path);
  const tests: TestResult[] = [];
  for (const [i, test] of file.tests.entries()) {
    if (!test.name.includes(filter)) continue;
    const result = await runTest(file, i, test);
    onTest(result);
    tests.push(result);
  }
  return { path: file.path, tests };
}

async function runTest(file: TestFile, i: number, test: PipelineTest): Promise<TestResult> {
  const folder = await mkdtemp(join(tmpdir(), 'kronflow-pipeline-'));
  const path: Path = ['tests', i, 'expect'];
  const result = (findings: readonly Finding[], error: unknown = null): TestResult => ({
    ...{ name: test.name, place: placeOf(file.tree, ['tests', i]), error },
    passed: findings.length === 0 && error === null,
    findings: findings.map((one) => ({ ...one, place: placeOf(file.tree, [...path, ...one.path], 'key') })),
  });
  try {
    const dir = join(folder, 'trace');
    const error = await carryOut(file, i, test, dir).then(
      () => null,
      (reason: unknown) => reason ?? new Error('the run failed and did not say why'),
    );
    if (test.expect.failure !== undefined) return result(checkFailure(test.expect.failure, error));
    return error === null ? result(await checkTrace(dir, test.expect)) : result([], error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Run what a test names; the trace is in `dir`. */
async function carryOut(file: TestFile, i: number, test: PipelineTest, dir: string): Promise<void> {
  const { path, inline } = pipelineOf(file, i);
  const env = { ...process.env, ...test.env };
  const overrides = [...(await inputOf(file, i, test, { env, idsFile: `${dir}.ids` })), ...overridesOf(test)];
  const { pipeline, resolved } = await preparePipeline(path, {
    env,
    overrides,
    ...(inline ? { inline } : {}),
  });
  const { threads = 1, kernel } = pipeline.execution; // as few as can be: tests are small
  await executeRun(resolved, {
    ...{ dir, threads, logLevel: 'silent', signal: new AbortController().signal, snapshotEvery: 0 },
    ...(kernel === undefined ? {} : { kernel }),
    onStep: () => {},
  });
}

/** The pipeline of a test: a file, or one that stands in the file of tests. */
function pipelineOf({ tree, path }: TestFile, i: number): { path: string; inline?: MapNode } {
  const node = nodeAt(tree, ['tests', i, 'pipeline']) ?? nodeAt(tree, ['pipeline'])!;
  if (node.kind === 'map') {
    const version = tree.entries.get('kronflow')!; // said once, at the top
    return { path, inline: { ...node, entries: new Map([['kronflow', version], ...node.entries]) } };
  }
  const name = String((node as { value: unknown }).value);
  return { path: name.startsWith('preset:') ? name : join(node.place.folder, name) };
}

/** What a test decodes instead of the source of its pipeline. */
async function inputOf(
  { tree }: TestFile,
  i: number,
  { tokens, recording, source }: PipelineTest,
  { env, idsFile }: { readonly env: Environment; readonly idsFile: string },
): Promise<readonly Override[]> {
  const from = (key: string) => `tests[${i}].${key}`;
  const replace = (key: string, value: unknown) => [{ path: ['source'], value, from: from(key) }];
  const { folder } = placeOf(tree, ['tests', i]);
  if (recording !== undefined)
    return replace('recording', { name: 'recording', path: join(folder, recording) });
  if (source !== undefined) return replace('source', sourceFrom(tree, i, env));
  if (tokens === undefined) return [];
  await writeFile(idsFile, tokens.join(' '));
  return replace('tokens', { name: 'ids', path: idsFile });
}

/** A source of a test, with its variables filled in and its paths seen from the working folder, as in a pipeline. */
function sourceFrom(tree: MapNode, i: number, env: Environment): unknown {
  const test = nodeAt(tree, ['tests', i]) as MapNode;
  const entries = new Map([['source', test.entries.get('source')!]]);
  const filled = fillVariables({ ...test, entries }, env) as MapNode;
  return (plain(fromWorkingFolder(filled)) as { source: unknown }).source;
}

function overridesOf({ set }: PipelineTest): readonly Override[] {
  return Object.entries(set).map(([key, value]) => ({ path: parsePath(key)!, value, from: `set ${key}` }));
}

function checkFailure(expected: NonNullable<Expectation['failure']>, error: unknown): readonly Finding[] {
  const { code, text } = expected;
  const path: Path = ['failure'];
  const wanted = [code, text === undefined ? undefined : `"${text}"`].filter(Boolean).join(', with ');
  const finding = (found: string): Finding => ({
    path,
    expected: wanted || 'a failure',
    found,
    row: null,
    more: 0,
  });
  if (error === null) return [finding('the run succeeded')];
  const said = error instanceof Error ? error.message : String(error);
  const its = isFailure(error) ? error.code : 'internal';
  if ((code === undefined || code === its) && (text === undefined || said.includes(text))) return [];
  return [finding(`${its}: ${said}`)];
}
