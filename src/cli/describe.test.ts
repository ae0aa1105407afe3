import { describe, expect, it } from 'vitest';
import { sources } from '../../data/sources/index.js';
import { caches } from '../../operators/caches/index.js';
import { pluginHelp, pluginListing } from './describe.js';

const joined = (text: string) => text.replaceAll(/\s+/g, ' ');

describe.each(caches.map((cache) => [cache.spec.name, cache] as const))('list: %s', (name, cache) => {
  const listing = pluginListing(cache);

  it('says its name, answer, memory and paper', () => {
    const { exactness, formulaText, paper } = cache.spec;
    expect(listing).toMatch(new RegExp(`^  ${name} +\\S`));
    expect(joined(listing)).toContain(`answer: ${exactness}; resident bytes: ${joined(formulaText)}`);
    expect(joined(listing)).toContain(paper ? `paper: ${paper.title}, ${paper.url}` : 'derived here');
  });

  it('loses no word of the help text and keeps to 100 columns', () => {
    for (const line of pluginHelp(cache).split('\n')) expect(joined(listing)).toContain(joined(line).trim());
    expect(listing.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('is longer than what `run --help` says of it', () => {
    expect(pluginHelp(cache)).not.toContain('resident bytes: ');
  });
});

it('lists sources without answer and memory', () => {
  for (const source of sources) expect(pluginListing(source)).not.toMatch(/answer:|paper:/);
});
