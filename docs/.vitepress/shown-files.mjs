import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = /^(src|operators|pipelines|data|workers|bench|examples)\//;
const BEST = ['README.md', 'index.ts', 'main.ts'];
const MADE = /^(api|source|\.vitepress)\b/; // by docs:site, or no pages

/** Files outside docs/ that pages link to or name in code, and that the site therefore shows. */
export const shown = find();

/** Where that page is. Dots are taken for extensions of pages otherwise. */
export function pageOf(path) {
  return `/source/${path.replaceAll('.', '_')}`;
}

/** What shows a path: the file itself; of a folder what says most about it, or else the folder; or null. */
export function fileFor(given) {
  const path = given.replace(/\/$/, '');
  if (!FOLDERS.test(`${path}/`) || !existsSync(join(root, path))) return null;
  if (isFile(path)) return path;
  return BEST.map((name) => posix.join(path, name)).find(isFile) ?? path;
}

function find() {
  const docs = join(root, 'docs');
  const names = readdirSync(docs, { recursive: true, encoding: 'utf8' });
  const pages = names.filter((name) => name.endsWith('.md') && !MADE.test(name));
  const files = pages.flatMap((page) => {
    const text = readFileSync(join(docs, page), 'utf8');
    const links = [...text.matchAll(/\]\((\.[^)#\s]*)/g)].map(([, path]) =>
      posix.join('docs', posix.dirname(page), path),
    );
    const named = [...text.matchAll(/`([\w./-]+\.\w+)`/g)].map(([, path]) => path);
    return [...links, ...named].flatMap((path) => fileFor(path) ?? []);
  });
  return new Set(files.sort());
}

/** Whether it is a file, and no folder. */
export function isFile(path) {
  return existsSync(join(root, path)) && statSync(join(root, path)).isFile();
}
