import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = /^(src|operators|pipelines|data|workers|bench|examples)\//;
const MADE = /^(api|source|\.vitepress)\b/; // by docs:site, or no pages

/** Files outside docs/ that pages link to or name in code, and that the site therefore shows. */
export const shown = find();

/** Whether the site has a page that shows this file. */
export function isShown(path) {
  return shown.has(path);
}

/** Where that page is. Dots are taken for extensions of pages otherwise. */
export function pageOf(path) {
  return `/source/${path.replaceAll('.', '_')}`;
}

/** What shows a path: the file itself, what says most about a folder, or null. */
export function fileFor(path) {
  const names = path.endsWith('/') ? [] : [path];
  const all = [...names, posix.join(path, 'README.md'), posix.join(path, 'index.ts')];
  return all.find((file) => FOLDERS.test(file) && isFile(file)) ?? null;
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

function isFile(path) {
  return existsSync(join(root, path)) && statSync(join(root, path)).isFile();
}
