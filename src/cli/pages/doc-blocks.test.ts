import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { sources } from '../../../data/sources/index.js';
import { caches } from '../../../operators/caches/index.js';
import { loadPipeline } from '../../../pipelines/files/load.js';
import { findByName, type Plugin } from '../../core/plugin.js';
import { parseNamed } from '../named-options.js';
import { createProgram } from '../program.js';

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
const texts = pages.map((page) => [page, readFileSync(join('docs', page), 'utf8')] as const);
const blocks = texts.flatMap(([page, text]): Block[] =>
  [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)].map(([, language, block]) => ({
    page,
    language,
    text: block,
  })),
);

describe('shell blocks', () => {
  const lines = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ page, text }) => text.split('\n').map((line) => [page, commandIn(line)] as const))
    .filter((line): line is [string, string] => line[1] !== null);

  it('are there', () => {
    expect(lines.length).toBeGreaterThan(40);
  });

  it.each([...new Map(lines.map(([page, command]) => [command, page]))])('kronflow %s', async (command) => {
    const words = wordsOf(command);
    await expect(parses(words)).resolves.toBe(true);
    checkPlugins(words);
  });

  it('would notice what is gone', async () => {
    await expect(parses(['run', '--no-such-flag'])).rejects.toThrow();
    await expect(parses(['lst'])).rejects.toThrow();
    expect(() => checkPlugins(['run', '-c', 'windw'])).toThrow(/windw/);
    expect(() => checkPlugins(['run', '-c', 'window:sise=3'])).toThrow(/sise/);
    expect(commandIn('cat x | npx kronflow run - -c ./a.js#b   # why')).toBe('run - -c ./a.js#b');
    expect(wordsOf('query t "FROM by_cache"')).toEqual(['query', 't', 'FROM by_cache']);
  });
});

describe('pipelines', () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());
  const pipelines = blocks.filter(({ language, text }) => language === 'yaml' && /^kronflow: 1$/m.test(text));

  it('are there', () => {
    expect(pipelines.length).toBeGreaterThan(0);
  });

  it.each(pipelines.map(({ page, text }, i) => [page, i, text] as const))('%s, %i', async (_, i, text) => {
    const path = join(folder.path, `${i}.yaml`);
    writeFileSync(path, text);
    await expect(loadPipeline(path)).resolves.toMatchObject({ request: { kronflow: 1 } });
  });
});

describe('programs', () => {
  it('are shown from files that are there, in whole or in regions', () => {
    const shown = texts.flatMap(([, text]) => [...text.matchAll(/^<<< @\/([^\s#]+)(?:#(\w+))?/gm)]);
    expect(shown.length).toBeGreaterThan(8);
    const lost = shown.filter(([, path, region]) => {
      const file = join('docs', path);
      return !existsSync(file) || (region && !readFileSync(file, 'utf8').includes(`// #region ${region}\n`));
    });
    expect(lost.map(([line]) => line)).toEqual([]);
  });

  it('are not copied into pages', () => {
    const copied = blocks.filter(({ language }) =>
      ['ts', 'js', 'typescript', 'javascript'].includes(language),
    );
    expect(copied.map(({ page }) => page)).toEqual([]);
  });
});

it('pictures are those that docs/pictures/make.mjs draws (else run it)', async () => {
  const { pictures } = (await import(pathToFileURL('docs/pictures/make.mjs').href)) as {
    pictures: Readonly<Record<string, string>>;
  };
  expect(Object.keys(pictures)).toHaveLength(7);
  for (const [name, svg] of Object.entries(pictures)) {
    expect(readFileSync(`docs/pictures/${name}.svg`, 'utf8')).toBe(svg);
  }
});

/** What a line of a shell block has kronflow do; null where it has not. */
function commandIn(line: string): string | null {
  const found = /(?:^|[|&] *|\s)(?:npx )?kronflow (.*)/.exec(line.replace(/^#.*|\s+#\s.*$/, ''));
  return found === null ? null : found[1].split(' | ')[0].trim();
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c);
}

/** Parse a command line without carrying it out. */
async function parses(words: readonly string[]): Promise<boolean> {
  let reached = false;
  const disarm = (command: Command) => {
    command.configureOutput({ writeErr: () => {}, outputError: () => {} });
    if (command.commands.length === 0) command.action(() => void (reached = true));
    command.commands.forEach(disarm);
  };
  const program = createProgram();
  disarm(program);
  await program.parseAsync(['node', 'kronflow', ...words]);
  return reached;
}

/** Names and options of the caches and sources on a command line; files and packages are somebody else's. */
function checkPlugins(words: readonly string[]): void {
  const check = (plugins: readonly Plugin[], kind: string, flags: readonly string[]) => {
    for (const [i, word] of words.entries()) {
      if (!flags.includes(words[i - 1]) || word.includes('#')) continue;
      const { name, options } = parseNamed(flags[0], word);
      const { label: _, ...own } = options;
      findByName(kind, plugins, name)(own);
    }
  };
  check(caches, 'cache', ['--cache', '-c']);
  check(sources, 'source', ['--source']);
}
