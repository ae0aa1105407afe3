import { existsSync, readFileSync } from 'node:fs';
import type { CachePlugin, CacheSpec } from '../../core/cache.js';
import { exampleOf } from './cache-example.js';
import { ANSWERS, optionsOf, SIZED_AT, sizesOf } from '../describe.js';
import { docCommentOf, toMarkdown } from './doc-comment.js';

const FOLDER = 'operators/caches';
const MATH = 'docs/math.md';

/**
 * One section per cache, from its spec and the doc comment of its file: what it keeps, how it decides, paper, options,
 * memory, limits, and a plot. Paths are seen from the root of the package.
 */
export function cachePages(caches: readonly CachePlugin[]): string {
  const links = mathLinks(readFileSync(MATH, 'utf8'));
  return caches.map((cache) => cachePage(cache, links)).join('\n\n');
}

/** Where a cache is written: one file, named after it. */
export function cacheFile(name: string): string {
  return `${FOLDER}/${name}.ts`;
}

function cachePage(plugin: CachePlugin, link: (prose: string) => string): string {
  const { name, summary } = plugin.spec;
  const exported = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const declaration = new RegExp(`^export (const|function) ${exported}\\b`, 'm');
  const comment = docCommentOf(readFileSync(cacheFile(name), 'utf8'), declaration);
  if (comment === null) throw new RangeError(`${cacheFile(name)}: no doc comment at its export ${exported}`);
  const { shows, command, query } = exampleOf(plugin.spec);
  return [
    `## ${name}`,
    `${capital(escaped(summary))}.`,
    facts(plugin),
    toMarkdown(comment, link),
    optionTable(plugin.spec),
    `Plot ${shows}:`,
    `\`\`\`sh\nnpx ${command}\n\`\`\``,
    `\`\`\`sql\n${query};\n\`\`\``,
  ].join('\n\n');
}

function facts(plugin: CachePlugin): string {
  const { exactness, orders, queryAware, appendOnly, formulaText, paper, name } = plugin.spec;
  const rows = [
    ['answer', `${exactness}: ${ANSWERS[exactness]}`],
    ['orders', orders.join(', ')],
    [
      'keeps',
      appendOnly ? 'what it took, unchanged' : 'what it likes: rows are dropped, moved or overwritten',
    ],
    ['looks at queries', queryAware ? 'yes' : 'no'],
    ['resident bytes', escaped(formulaText)],
    [SIZED_AT, sizesOf(plugin)],
    ['source', paper === null ? 'derived here' : `[${paper.title}](${paper.url}), ${escaped(paper.section)}`],
    ['code', `[\`${cacheFile(name)}\`](../${cacheFile(name)})`],
  ];
  return ['| | |', '| --- | --- |', ...rows.map(([what, text]) => `| ${what} | ${text} |`)].join('\n');
}

function optionTable(spec: CacheSpec): string {
  const options = optionsOf(spec);
  if (options.length === 0) return 'No options.';
  const rows = options.map(({ name, type, required, default: value, description }) => {
    const without = required ? 'required' : value === null ? '–' : `\`${JSON.stringify(value)}\``;
    return `| \`${name}\` | ${escaped(type)} | ${without} | ${escaped(description)} |`;
  });
  return ['| option | type | default | what it is |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Turn what comments cite into links: sections of math.md, arXiv numbers, files beside the caches. */
function mathLinks(math: string): (prose: string) => string {
  const titles = [...math.matchAll(/^#+ ((\d+(?:\.\d+)?|[A-C])\.? .*)$/gm)];
  const anchors = new Map(titles.map(([, title, number]) => [number, anchorOf(title)]));
  const cited = (text: string, number: string) => {
    const anchor = anchors.get(number);
    return anchor === undefined ? text : `[${text}](math.md#${anchor})`;
  };
  return (prose) =>
    prose
      .replaceAll(/math\.md (\d+(?:\.\d+)?)/gi, cited)
      .replaceAll(/arXiv (\d{4}\.\d{5})/g, '[arXiv $1](https://arxiv.org/abs/$1)')
      .replaceAll(/(?<![\w/-])([a-z0-9-]+\.ts)\b/g, (text) =>
        existsSync(`${FOLDER}/${text}`) ? `[\`${text}\`](../${FOLDER}/${text})` : text,
      );
}

/** The name that GitHub gives a heading. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function escaped(text: string): string {
  return text.replaceAll(/[*<|]/g, '\\$&');
}
