import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFile, pageOf, shown } from '../.vitepress/shown-files.mjs';

const root = new URL('../../', import.meta.url);
const LANGUAGES = { '.mjs': 'js', '.h': 'c', '.md': 'md', '.ipynb': 'json' };

/** A page for each file that other pages speak of. */
export default {
  paths: () =>
    [...shown].map((path) => ({
      params: { file: pageOf(path).slice('/source/'.length) },
      content: `# ${path}\n\n${isFile(path) ? code(path) : list(path)}\n`,
    })),
};

function code(path) {
  const language = LANGUAGES[extname(path)] ?? extname(path).slice(1);
  const text = readFileSync(fileURLToPath(new URL(path, root)), 'utf8').trimEnd();
  const fence = '`'.repeat(6); // comments of the code may hold fences
  return `${fence}${language}:line-numbers\n${text}\n${fence}`;
}

function list(folder) {
  const names = readdirSync(fileURLToPath(new URL(folder, root))).filter((name) => !name.includes('.test.'));
  return names.map((name) => `- \`${name}\``).join('\n');
}
