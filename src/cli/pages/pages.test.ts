import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bounds, boundsInput } from '../../bounds/index.js';
import { caches } from '../../../operators/caches/index.js';
import { findByName } from '../../core/plugin.js';
import { parseCaches } from '../named-options.js';
import { createProgram } from '../program.js';

const math = readFileSync('docs/math.md', 'utf8');
const papers = readFileSync('docs/papers.md', 'utf8');

const FOLDERS = ['src', 'operators', 'pipelines', 'data', 'workers', 'bench', 'examples', 'docs'];

function filesIn(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.(ts|mjs|c|h|md)$/.test(name)).map((name) => join(folder, name));
}

/** Paths of this repository that a page names in backticks. */
function pathsIn(page: string): readonly string[] {
  const folders = new RegExp(`^(${FOLDERS.join('|')})/[\\w./-]+$`);
  return [...page.matchAll(/`([^`\s]+)`/g)].map(([, word]) => word).filter((word) => folders.test(word));
}

describe.each([
  ['docs/math.md', math, 10],
  ['docs/papers.md', papers, 40],
])('%s', (_, page, least) => {
  it('names files that exist', () => {
    const paths = pathsIn(page);
    expect(paths.length).toBeGreaterThan(least);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe('docs/math.md', () => {
  const sections = [...math.matchAll(/^#{2,3} (\d+(?:\.\d+)?|[A-C])\.? /gm)].map(([, number]) => number);

  it('has every section that code and pages cite', () => {
    const texts = FOLDERS.flatMap(filesIn).map((file) => readFileSync(file, 'utf8'));
    const cited = texts.flatMap((text) => [...text.matchAll(/math\.md[\s*/]+(\d+(?:\.\d+)?)/g)]);
    expect(cited.length).toBeGreaterThan(50);
    const missing = cited.map(([, number]) => number).filter((number) => !sections.includes(number));
    expect([...new Set(missing)]).toEqual([]);
  });

  it('says of every statement what `kronflow bounds` says', () => {
    const input = boundsInput.parse({});
    for (const { name, about, claimed, corrected } of bounds.map((bound) => bound(input))) {
      const row = math.split('\n').find((line) => line.startsWith(`| ${name} `)) ?? `no row of ${name}`;
      const cells = row.split('|').map((cell) => cell.trim());
      expect(cells.slice(1, 5)).toEqual([name, about, claimed?.formula ?? '–', corrected.formula]);
    }
  });
});

it('leads from the sidebar of the site to every page of docs/', () => {
  const config = readFileSync('docs/.vitepress/config.mjs', 'utf8');
  const pages = readdirSync('docs').filter((name) => name.endsWith('.md') && name !== 'index.md');
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.filter((name) => !config.includes(`'/${name.slice(0, -3)}')`))).toEqual([]);
});

describe('docs/papers.md', () => {
  const commands = [...papers.matchAll(/`kronflow ([^`]+)`/g)].map(([, words]) => words);

  it.each([...new Set(commands)])('kronflow %s', async (command) => {
    await expect(parses(command)).resolves.toBe(true);
  });

  it('would notice a flag, a cache or an option that is gone', async () => {
    await expect(parses('run --no-such-flag')).rejects.toThrow();
    await expect(parses('run -c lru')).rejects.toThrow(/lru/);
    await expect(parses('run -c window:sizes=3')).rejects.toThrow(/sizes/);
  });
});

/** Parse a command line without carrying it out; caches are checked with their options. */
async function parses(words: string): Promise<boolean> {
  const program = createProgram().configureOutput({ writeErr: () => {} });
  let reached = false;
  for (const command of program.commands) {
    command.configureOutput({ writeErr: () => {} }).action(() => void (reached = true));
  }
  await program.parseAsync(['node', 'kronflow', ...words.split(/\s+/)]);
  const named = [...words.matchAll(/(?<=-c )\S+/g)].map(([text]) => text);
  for (const { name, options } of parseCaches(named)) findByName('cache', caches, name)(options);
  return reached;
}
