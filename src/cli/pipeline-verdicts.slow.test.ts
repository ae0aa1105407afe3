import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { EXIT } from './exit-codes.js';
import { kronflowHere } from './testing/in-process.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);

beforeAll(() => {
  writeFileSync(at('ids.txt'), '1 2 3 4 5');
  writeFileSync(at('mine.test.yaml'), TEST);
  writeFileSync(
    at('base.yaml'),
    'kronflow: 1\nsource: { name: ids, path: ids.txt }\nmodel: { d: 4, heads: 1 }\n',
  );
});
afterAll(() => folder.remove());

/** Valid ones, of every part that a file can have. */
const VALID = [
  'kronflow: 1\nsource: { name: gaussian, d: 4, heads: 1 }\ntokens: 5\ncaches:\n  - name: window\n    size: 2\n  - name: subgen4\n    delta: 0.5\n',
  'kronflow: 1\ninclude: base.yaml\nprompt: 2\nseed: ${SEED:3}\ncaches: [{ name: two-cache, label: a }]\ntrace: { outputs: true, timings: false }\n',
  'kronflow: 1\nsource:\n  name: clustered\n  d: 4\n  heads: 1\n  order: matrix\ntokens: 5\nrecall: 2\nmemory: 1MiB\nbudgets: [256, 512B]\ncaches:\n  - name: sinks\n  - name: random\n',
];

/** What may become of a line. */
const WORDS = [
  '',
  '0',
  '-1',
  '1e9',
  'null',
  'true',
  'many',
  '"5"',
  '[1]',
  '{ a: 1 }',
  '${NOPE}',
  '100%',
  '9',
];
const line = fc.nat({ max: 20 });
const change = fc.oneof(
  fc.record({ kind: fc.constant('indent' as const), line, by: fc.constantFrom(' ', '  ', '\t') }),
  fc.record({ kind: fc.constant('value' as const), line, by: fc.constantFrom(...WORDS) }),
  fc.record({ kind: fc.constant('drop' as const), line }),
  fc.record({ kind: fc.constant('double' as const), line }),
  fc.record({
    kind: fc.constant('letter' as const),
    line,
    at: fc.nat({ max: 30 }),
    by: fc.constantFrom('', 'x', ':', '-', '}', '#'),
  }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(text: string, one: Change): string {
  const lines = text.split('\n');
  const i = one.line % (lines.length - 1);
  const old = lines[i];
  if (one.kind === 'indent') lines[i] = one.by + old;
  if (one.kind === 'value') lines[i] = old.replace(/: .*$/, `: ${one.by}`);
  if (one.kind === 'drop') lines.splice(i, 1);
  if (one.kind === 'double') lines.splice(i, 0, old);
  if (one.kind === 'letter') lines[i] = old.slice(0, one.at) + one.by + old.slice(one.at + 1);
  return lines.join('\n');
}

const pipeline = fc
  .tuple(fc.constantFrom(...VALID), fc.array(change, { maxLength: 2 }))
  .map(([text, changes]) => changes.reduce(changed, text));

// what a change may have made slow: the answer does not depend on how many threads compute it
const SETTINGS = { threads: 1, kernel: 'reference', repeats: 1 };
const alike = Object.entries(SETTINGS).flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/** A test of the pipeline that any run passes. */
const TEST = `kronflow: 1
pipeline: ./mine.yaml
tests: [{ name: a, set: ${JSON.stringify(SETTINGS)}, expect: { columns: { step: { min: 0 } } } }]
`;

/** What `test` says of the pipeline, as the other commands would. */
async function verdictOfTest(start: { readonly cwd: string }) {
  const { code, stdout } = await kronflowHere(['test', 'mine.test.yaml', '--json'], start);
  const { files } = JSON.parse(stdout) as { files: { tests: { error: string | null }[] }[] };
  const [{ error }] = files[0].tests;
  if (error === null) return { code, says: '' };
  // a value is at home in `set` of the test there, in --set here
  const says = error.replace(
    /(?<=^|\n)set (\w+)/g,
    (_, key: keyof typeof SETTINGS) => `--set ${key}=${SETTINGS[key]}`,
  );
  return { code: code === EXIT.broken ? EXIT.refused : code, says: `kronflow: ${says}\n` };
}

it('lint, a dry run, the start of a run and test say the same of a file, valid or not', async () => {
  const verdicts = new Set<number | null>();
  await fc.assert(
    fc.asyncProperty(pipeline, async (text) => {
      writeFileSync(at('mine.yaml'), text);
      const start = { cwd: folder.path };
      const lint = await kronflowHere(['lint', 'mine.yaml', ...alike], start);
      const dry = await kronflowHere(['run', 'mine.yaml', ...alike, '--dry-run'], start);
      expect(existsSync(at('out')) || existsSync(at('traces'))).toBe(false);
      const run = await kronflowHere(['run', 'mine.yaml', ...alike, '-o', 'out', '--no-report'], start);
      rmSync(at('out'), { recursive: true, force: true });
      verdicts.add(lint.code);
      expect({ code: dry.code, says: dry.stderr }).toEqual({ code: lint.code, says: lint.stderr });
      expect({ code: run.code, says: run.stderr }).toEqual({ code: lint.code, says: lint.stderr });
      expect(await verdictOfTest(start)).toEqual({ code: lint.code, says: lint.stderr });
      expect(lint.stderr).not.toMatch(/internal error/);
      if (lint.code === 2) expect(lint.stderr).toMatch(/^kronflow: .*(mine\.yaml|base\.yaml|mistakes|--set)/);
    }),
    { numRuns: 80 },
  );
  expect([...verdicts]).toEqual(expect.arrayContaining([0, 2]));
});
