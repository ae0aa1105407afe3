import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stepColumns } from '../../../data/schemas/steps.js';
import { caches } from '../../../operators/caches/index.js';
import { exampleOf } from './cache-example.js';
import { cacheFile, cachePages } from './cache-pages.js';
import { docCommentOf, toMarkdown } from './doc-comment.js';

const page = cachePages(caches);

describe.each(caches.map(({ spec }) => ({ name: spec.name, spec })))('$name', ({ name, spec }) => {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? '';

  it('has a section with its comment, its options and one plot', () => {
    expect(existsSync(cacheFile(name))).toBe(true);
    for (const option of Object.keys(spec.options.shape)) expect(section).toContain(`| \`${option}\` |`);
    expect(section.match(/^```sh$/gm)).toHaveLength(1);
    expect(section.match(/^```sql$/gm)).toHaveLength(1);
    expect(section.length).toBeGreaterThan(1200); // the comment is there, not only the table
    if (spec.paper !== null) expect(section).toContain(spec.paper.url);
  });

  it('plots columns of a trace', () => {
    const { query } = exampleOf(spec);
    const words = query.replaceAll(/'[^']*'|\b\w+\(|AS \w+/g, ' ').match(/\b[a-z]\w*\b/g) ?? [];
    const own = [...query.matchAll(/AS (\w+)/g)].map(([, alias]) => alias);
    const known = [...Object.keys(stepColumns), ...own];
    expect(words.filter((word) => !known.includes(word))).toEqual([]);
  });
});

it('refuses to describe a cache without a doc comment', () => {
  expect(
    docCommentOf('/** Old. */\nconst other = 1;\nexport const mine = 2;', /^export const mine/m),
  ).toBeNull();
  expect(docCommentOf('export const mine = 2;', /^export const mine/m)).toBeNull();
});

describe('toMarkdown', () => {
  it('keeps paragraphs, formulas and lists apart', () => {
    const source =
      '/**\n * Sums:\n *   N = Σ a*b\n *   Z = 1\n * and then k1 * k2.\n *\n * - one\n *   more\n */\nexport const x = 1;';
    const comment = docCommentOf(source, /^export const x/m)!;
    expect(toMarkdown(comment)).toBe(
      'Sums:\n\n```text\nN = Σ a*b\nZ = 1\n```\n\nand then k1 \\* k2.\n\n- one\n  more',
    );
  });

  it('leaves what stands in backticks alone', () => {
    expect(toMarkdown('`a * b` < c')).toBe('`a * b` \\< c');
  });
});

it('links what comments cite of math.md; readme.test.ts checks where links lead', () => {
  expect(page.match(/\]\(math\.md#[^)]+\)/g)!.length).toBeGreaterThan(15);
});
