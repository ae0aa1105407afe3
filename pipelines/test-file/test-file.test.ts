import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../data/testing/folder.js';
import { failureText } from '../../src/cli/test-text.js';
import { testFileSchema } from './schema.js';
import { rowText, runTestFile, type FileResult } from './index.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const PIPELINE = `kronflow: 1
source: { name: gaussian, n: 12, d: 4, heads: 1 }
caches: [{ name: four-cache }, { name: window, size: 4 }]
`;

/** Tests whose names say how they should end. */
const TESTS = `kronflow: 1
pipeline: ./p.yaml
tests:
  - name: good bounds
    expect:
      rows: { steps: 24, measures: 0 }
      columns: { resident_bytes: { min: 64 } }
      caches:
        four-cache: { err_rel_l2: { max: 1.0e-5 }, resident_bytes: { equals: 768, at: last } }
        window: { kept_side1: { equals: 4, at: [3, 11], head: 0 }, clusters_side1: null }
      equal: [{ caches: [four-cache, window], columns: [pos, score_std] }]
  - name: bad bounds
    expect:
      rows: 25
      columns: { err_rel_l3: 0, clusters_side1: { max: 3 } }
      caches:
        window: { err_rel_l2: { max: 0.001 }, kept_side1: { max: 4, at: 12 } }
        windo: { pos: 1 }
      measures: { mass: 1 }
      equal: [{ caches: [four-cache, window], columns: [kept_side1] }]
  - name: good refusal
    set: { 'caches[1].sise': 3 }
    expect: { failure: { code: bad-option, text: 'did you mean "size"' } }
  - name: bad refusal
    expect: { failure: { code: bad-option } }
  - name: good tokens, through a pipeline of its own
    tokens: [464, 3290, 318]
    pipeline: { source: { name: gaussian }, model: { d: 4, heads: 1 }, caches: [{ name: four-cache }] }
    expect: { rows: 3, columns: { token_id: { equals: 3290, at: 1 } } }
  - name: good source, and a variable
    source: { name: needle, n: '\${STEPS:30}', d: 4, heads: 1 }
    env: { STEPS: 5 }
    set: { tokens: 3 }
    expect: { rows: 6 }
  - name: bad pipeline
    pipeline: { source: { name: gaussian }, caches: [{ name: four-cach }] }
    expect: { rows: 1 }
`;

function write(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

describe('a file of tests', () => {
  let result: FileResult;
  const test = (name: string) => result.tests.find((one) => one.name === name)!;

  beforeAll(async () => {
    write('p.yaml', PIPELINE);
    result = await runTestFile(write('p.test.yaml', TESTS));
  });

  it('passes what is as expected, and fails the rest', () => {
    for (const { name, passed, findings, error } of result.tests)
      expect([name, passed, findings, error]).toEqual([name, name.startsWith('good'), ...rest(name)]);
    expect(result.tests).toHaveLength(7);
  });

  const rest = (name: string) =>
    name.startsWith('good')
      ? [[], null]
      : [expect.anything(), name === 'bad pipeline' ? expect.anything() : null];

  it('says what was expected, what was found, in which row, and where the test says so', () => {
    const said = test('bad bounds').findings.map(({ path, expected, found, place: { line } }) => [
      path.join('.'),
      `${expected}: ${found}`,
      line,
    ]);
    expect(said).toEqual([
      ['rows', '25: 24', 14],
      ['columns.err_rel_l3', expect.stringContaining('did you mean err_rel_l2'), 15],
      ['columns.clusters_side1', 'at most 3: no value in any of 24 rows', 15],
      ['caches.window.err_rel_l2', expect.stringMatching(/^at most 0.001: 0\.\d+$/), 17],
      ['caches.window.kept_side1', expect.stringContaining('steps are 0 to 11'), 17],
      ['caches.windo', expect.stringContaining('did you mean "window"'), 18],
      ['measures.mass', expect.stringContaining('no such measure'), 19],
      ['equal.0', 'kept_side1 of four-cache, 5: 4', 20],
    ]);
    const error = test('bad bounds').findings[3];
    expect(rowText(error.row!)).toBe('stream 0, layer 0, head 0, cache window, step 4');
    expect(error.more).toBe(7);
  });

  it('tells a run that was not refused, and one that was, with its own error', () => {
    expect(test('bad refusal').findings[0].found).toBe('the run succeeded');
    const { message } = test('bad pipeline').error as Error;
    expect(message).toMatch(/p\.test\.yaml:36:\d+: caches\[0\]\.name.*"four-cach" does not exist/);
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('kronflow-pipeline-'))).toEqual([]);
  });
});

it('docs/pipeline-tests.md says every key', () => {
  const page = readFileSync('docs/pipeline-tests.md', 'utf8');
  const names = keysOf(z.toJSONSchema(testFileSchema, { io: 'input' }));
  expect(names).toContain('tolerance');
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});

/** Names of all properties in a JSON schema. */
function keysOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as { properties?: object };
  return [...Object.keys(properties), ...Object.values(schema).flatMap(keysOf)];
}

it('shows what an operator threw, with its name and step', async () => {
  const zod = pathToFileURL(
    join(createRequire(import.meta.url).resolve('zod/package.json'), '../index.js'),
  ).href;
  const spec = "kind: 'operator', apiVersion: 1, name: 'fragile', summary: 's', paper: null, after: 'attend'";
  const code = `import { z } from '${zod}';
export const fragile = Object.assign(() => () => (events) => events.pipe(() => { throw new TypeError('no atoms'); }), {
  spec: { ${spec}, options: z.object({}) },
});
`;
  write('fragile.mjs', code);
  const text = `${PIPELINE.replace('kronflow: 1', 'kronflow: 1\noperators: [{ name: ./fragile.mjs#fragile }]')}`;
  write('fragile.yaml', text);
  const file = write(
    'f.test.yaml',
    'kronflow: 1\npipeline: ./fragile.yaml\ntests: [{ name: a, expect: { rows: 1 } }]\n',
  );
  const { tests } = await runTestFile(file);
  expect(failureText(tests[0].error)).toMatch(/operator \S+#fragile, stream 0, layer 0, step 0/);
  expect(failureText(tests[0].error)).toMatch(/TypeError: no atoms\n.* at .*fragile.mjs/s);
});

it.each([
  ['tests: [{ name: a, pipline: x, expect: { rows: 1 } }]', 2, 'did you mean "pipeline"'],
  ['tests: [{ name: a, expect: { rows: 1 } }]', 2, 'has no pipeline'],
  ['pipeline: p.yaml\ntests: [{ name: a, expect: {} }]', 3, 'nothing is expected'],
  ['pipeline: p.yaml\ntests: [{ name: a, tokens: [1], recording: x, expect: { rows: 1 } }]', 3, 'together'],
  ['pipeline: p.yaml\ntests: [{ name: a, set: { "a[": 1 }, expect: { rows: 1 } }]', 3, 'is no path'],
  ['pipeline: p.yaml\ntests: [{ name: a, expect: { columns: { x: { mx: 1 } } } }]', 3, 'mx'],
])('refuses %s', async (text, line, what) => {
  const path = write('bad.test.yaml', `kronflow: 1\n${text}\n`);
  await expect(runTestFile(path)).rejects.toThrow(
    expect.objectContaining({
      message: expect.stringMatching(new RegExp(`bad\\.test\\.yaml:${line}:[^]*${what}`)),
    }),
  );
});
