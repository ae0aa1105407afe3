import { defineConfig } from 'vitepress';
import { codeLinks } from './code-links.mjs';
import { pictures } from './pictures.mjs';
import { api, decisions } from './lists.mjs';

/** The names that GitHub gives headings: links work there and here, and those of typedoc too. */
function anchorOf(title) {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

const page = (text, link) => ({ text, link });

/** The site: pages of docs/ as they are, and what docs:site makes of the code. Nothing is loaded from elsewhere. */
export default defineConfig({
  title: 'kronflow',
  description: 'Stream tokens through KV caches side by side; measure bytes, time and error of each.',
  lang: 'en',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }]],
  srcExclude: ['**/README.md'],
  ignoreDeadLinks: [/^\/reports\//], // they are files, not pages; src/cli/site.slow.test.ts looks for them
  markdown: {
    theme: { light: 'github-light', dark: 'github-dark' },
    languageAlias: { mjs: 'js' },
    anchor: { slugify: anchorOf },
    config: (md) => md.use(codeLinks).use(pictures),
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      page('Quick start', '/quick-start'),
      page('Concepts', '/concepts'),
      page('Plug-ins', '/write-a-cache'),
      page('Reference', '/command-line'),
      page('Errors', '/errors'),
    ],
    sidebar: [
      {
        text: 'Start',
        items: [
          page('Quick start', '/quick-start'),
          page('Concepts in pictures', '/concepts'),
          page('Pipeline files and presets', '/pipeline-files'),
          page('Reports and plots', '/reports'),
          page('Watch a run', '/live-view'),
          page('Questions in SQL', '/query'),
          page('As a library', '/library'),
          page('Recordings of your model', '/recording'),
          page('The model lab', '/model-lab'),
        ],
      },
      {
        text: 'Plug-ins',
        items: [
          page('A cache', '/write-a-cache'),
          page('An operator', '/write-an-operator'),
          page('A source', '/write-a-source'),
          page('A sink', '/write-a-sink'),
          page('A kernel', '/custom-kernels'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('Command line', '/command-line'),
          page('Caches', '/caches'),
          page('Operators, sources, sinks', '/plug-ins'),
          page('Pipeline files, key by key', '/pipeline-schema'),
          page('Tests of pipelines', '/pipeline-tests'),
          page('Traces and recordings', '/trace'),
          page('Error messages', '/errors'),
          { text: 'Programming interface', collapsed: true, items: api() },
        ],
      },
      {
        text: 'Background',
        items: [
          page('The formulas', '/math'),
          page('From papers to code', '/papers'),
          page('Results', '/results'),
          page('Performance', '/performance'),
          page('Laws', '/laws'),
          page('A guide to KV caches', '/guide-to-kv-caches'),
          { text: 'Decisions', collapsed: true, items: decisions() },
        ],
      },
    ],
  },
});
