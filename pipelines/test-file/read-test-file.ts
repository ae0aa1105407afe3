import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { inputFailure } from '../../data/sources/input-file.js';
import { problemsOf } from '../files/check.js';
import { parsePath } from '../files/overrides.js';
import { parseTree } from '../files/parse.js';
import { PipelineFailure, type Problem } from '../files/problem.js';
import { nodeAt, placeOf, plain, type MapNode, type Path } from '../files/tree.js';
import { testFileSchema, type PipelineTest } from './schema.js';

/** A file of tests, read and checked; what its tests run is looked at when they run. */
export interface TestFile {
  /** As messages name it. */
  readonly path: string;
  readonly tests: readonly PipelineTest[];
  readonly tree: MapNode;
}

const HOW = 'a test has a name, a pipeline, what to decode (tokens, recording or source) and expect';

/**
 * Read a file of tests.
 * @throws PipelineFailure with line and column of everything that is wrong; Failure `not-found`
 */
export async function readTestFile(path: string): Promise<TestFile> {
  const from = relative(process.cwd(), resolve(path)) || path;
  const text = await readFile(path, 'utf8').catch(async (error: unknown) => {
    throw await inputFailure(error, from);
  });
  const tree = parseTree(text, { from, folder: dirname(from) });
  if (tree.kind !== 'map') {
    const what = 'a file of tests is a map of keys, this is none';
    const hint = 'begin with kronflow: 1, then pipeline: and tests:';
    throw new PipelineFailure([{ code: 'bad-input', place: tree.place, path: [], what, hint }]);
  }
  const parsed = testFileSchema.safeParse(plain(tree));
  if (!parsed.success) throw new PipelineFailure(parsed.error.issues.flatMap((issue) => told(tree, issue)));
  const { pipeline, tests } = parsed.data;
  const problems = tests.flatMap((test, i) =>
    contradictions(tree, ['tests', i], test, pipeline !== undefined),
  );
  if (problems.length > 0) throw new PipelineFailure(problems);
  return { path: from, tests, tree };
}

function told(tree: MapNode, issue: Parameters<typeof problemsOf>[2]): readonly Problem[] {
  const general = /^kronflow schema/; // which is about pipelines
  return problemsOf(tree, [], issue, testFileSchema).map((problem) =>
    general.test(problem.hint) ? { ...problem, hint: HOW } : problem,
  );
}

function contradictions(
  tree: MapNode,
  path: Path,
  test: PipelineTest,
  hasPipeline: boolean,
): readonly Problem[] {
  const problem = (key: string, what: string, hint: string): Problem => {
    const at = nodeAt(tree, [...path, key]) === null ? path : [...path, key];
    return { code: 'bad-option', place: placeOf(tree, at), path: at, what, hint };
  };
  const inputs = (['tokens', 'recording', 'source'] as const).filter((key) => test[key] !== undefined);
  const { failure, ...others } = test.expect;
  const found: Problem[] = [];
  if (test.pipeline === undefined && !hasPipeline)
    found.push(problem('pipeline', `test "${test.name}" has no pipeline`, 'name one: pipeline: ./my.yaml'));
  if (inputs.length > 1)
    found.push(
      problem(inputs[1], `${inputs.join(' and ')} together`, 'give one of them: a run has one source'),
    );
  for (const key of Object.keys(test.set).filter((text) => parsePath(text) === null))
    found.push(problem('set', `"${key}" is no path`, 'write paths as caches[1].delta'));
  if (failure === undefined && Object.keys(others).length === 0)
    found.push(
      problem('expect', 'nothing is expected', 'expect rows, columns, caches, measures, equal or failure'),
    );
  if (failure !== undefined && Object.keys(others).length > 0)
    found.push(
      problem('expect', 'a failure and results together', 'a run that fails has no rows to look at'),
    );
  return found;
}
