import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pageOf, shown } from '../.vitepress/shown-files.mjs';

const root = new URL('../../', import.meta.url);
const LANGUAGES = { '.mjs': 'js', '.h': 'c', '.md': 'md' };

/** A page for each file that other pages speak of. */
export default {
  paths: () =>
    [...shown].map((path) => {
      const language = LANGUAGES[extname(path)] ?? extname(path).slice(1);
      const text = readFileSync(fileURLToPath(new URL(path, root)), 'utf8');
      const fence = '`'.repeat(6); // comments of the code may hold fences
      const content = `# ${path}\n\n${fence}${language}:line-numbers\n${text.trimEnd()}\n${fence}\n`;
      return { params: { file: pageOf(path).slice('/source/'.length) }, content };
    }),
};
