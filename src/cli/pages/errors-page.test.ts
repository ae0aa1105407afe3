import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { kronflowHere } from '../testing/in-process.js';

const page = readFileSync('docs/errors.md', 'utf8');
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
);

/** Every member of a union of texts that a file declares. */
function unionOf(file: string, name: string): readonly string[] {
  const declared = new RegExp(`type ${name} =([^;]*);`).exec(readFileSync(file, 'utf8'))![1];
  return [...declared.matchAll(/'([^']+)'/g)].map(([, member]) => member);
}

const codes = unionOf('src/core/failure.ts', 'FailureCode');

it('has a section for every code, and no other', () => {
  expect(codes.length).toBeGreaterThan(10);
  expect([...sections.keys()].sort()).toEqual([...codes].sort());
});

it.each(codes)('%s: says a message, its cause and a remedy', (code) => {
  const text = sections.get(code)!;
  expect(text).toMatch(/^kronflow: .+\n(.*\n)* {2}hint: /m);
  expect(text).toContain('**Cause.**');
  expect(text).toContain('**Remedy.**');
});

describe('the commands print what the page says', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder.path, 'folder'));
  const built = pathToFileURL('dist').href;
  const fails = `import { defineCache } from '${built}/src/index.js';
import { strided } from '${built}/examples/custom-cache.js';
export const fails = defineCache({ ...strided.spec, name: 'fails' }, () => ({
  append() { throw new Error('no room for this token'); },
  plan() {}, census() {}, snapshot() {}, restore() {},
}));`;
  const files = {
    'fails.mjs': fails,
    'text.txt': 'a small text of some words',
    'latin1.txt': Buffer.from('abc \xffdef', 'latin1'),
    'ids.txt': '1 2 99999999',
    'own.mjs': 'export const strided = 7;',
    'run.yaml':
      'kronflow: 1\nsource: { name: text, path: text.txt }\ncaches:\n  - { name: window, sise: 64 }\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  afterAll(() => folder.remove());

  const shown = [...page.matchAll(/^```console\n\$ kronflow (.*)\n([^`]*(?:`[^`]+`[^`]*)*?)^```/gm)];
  const cases = shown.map(([, command, message]) => [command, message] as const);

  it('are there', () => {
    expect(cases.length).toBeGreaterThan(10);
  });

  it.each(cases)('kronflow %s', async (command, message) => {
    const { code, stderr } = await kronflowHere(command.split(' '), { cwd: folder.path });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(asPattern(message));
  });
});

/** The text, in which … stands for anything. */
function asPattern(text: string): RegExp {
  const parts = text.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`);
}
