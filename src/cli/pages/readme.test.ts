import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sources } from '../../../data/sources/index.js';
import { caches } from '../../../operators/caches/index.js';
import { findByName } from '../../core/plugin.js';
import { createProgram } from '../program.js';
import { requestOf, type RunFlags } from '../run-flags.js';

const PAGES = ['README.md', ...markdownIn('docs'), ...markdownIn('docs/decisions'), 'operators/README.md'];

function markdownIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(page, 'utf8');

  it('has no placeholders left', () => {
    const placeholders = text.match(/\b[A-Z]{2,}_[A-Z_]*(OUTPUT|HERE|NUMBERS?)\b|\b(TODO|TBD|FIXME|XXX)\b/g);
    expect(placeholders ?? []).toEqual([]);
  });

  it('links to what is there', () => {
    const prose = text.replaceAll(/^```.*?^```/gms, '');
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    const broken = links.filter((link) => !/^(https?|mailto):/.test(link) && !isThere(page, link));
    expect(broken).toEqual([]);
  });
});

/** A file or folder, and in a page the heading that is named. */
function isThere(page: string, link: string): boolean {
  const [path, heading] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(target)) return false;
  if (heading === undefined) return true;
  const headings = readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].some(([, title]) => anchor(title) === heading);
}

function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

it('laws.md names tests that exist', () => {
  const named = [...readFileSync('docs/laws.md', 'utf8').matchAll(/`([^`\s]+\.ts)`/g)].map(
    ([, path]) => path,
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !someFile(path))).toEqual([]);
});

/** Whether a file has this path, in whose last part `*` may stand for anything. */
function someFile(path: string): boolean {
  const name = new RegExp(`^${path.split('/').at(-1)!.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return existsSync(dirname(path)) && readdirSync(dirname(path)).some((other) => name.test(other));
}

describe('the commands of the README', () => {
  const blocks = [...readFileSync('README.md', 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map(
    ([, block]) => block,
  );
  const lines = blocks.join('').split('\n');
  const commands = lines.flatMap((line) => /(?:npx|^) ?kronflow ([^#|]*)/.exec(line)?.[1].trim() ?? []);

  it('are there, each once', () => {
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter((command, i) => commands.indexOf(command) < i)).toEqual([]);
  });

  it.each(commands)('kronflow %s', async (command) => {
    const request = await parse(command.split(/\s+/));
    if (request === null) return; // no run: that it parses is enough
    for (const { name, options } of request.caches) findByName('cache', caches, name)(options);
    findByName('source', sources, request.source.name)(request.source.options);
  });

  it('are really checked', async () => {
    await expect(parse(['run', 'book.txt', '--no-such-flag'])).rejects.toThrow();
    await expect(parse(['run', 'book.txt', '--tokens', 'many'])).rejects.toThrow(/whole number/);
    await expect(parse(['show', 'trace'])).rejects.toThrow();
  });
});

/** Parse a command line without carrying it out; what it asks for, if it asks for a run. */
async function parse(words: readonly string[]): Promise<ReturnType<typeof requestOf> | null> {
  const program = createProgram();
  let request: ReturnType<typeof requestOf> | null = null;
  for (const command of program.commands) {
    command.configureOutput({ writeErr: () => {}, outputError: () => {} }).action((...given: unknown[]) => {
      const isRun = ['run', 'record', 'replay'].includes(command.name());
      if (!isRun) return;
      const [input, flags] = given as [string | undefined, RunFlags];
      const read = command.name() === 'replay' ? { recording: input! } : input;
      request = requestOf(flags, read, command.name() === 'record');
    });
  }
  await program
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .parseAsync(['node', 'kronflow', ...words]);
  return request;
}
