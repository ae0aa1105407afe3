import { expect, it } from 'vitest';
import { override, parseSet } from './overrides.js';
import { parseTree } from './parse.js';
import { plain, type MapNode } from './tree.js';

const TREE = 'seed: 1\nbudgets: []\ncaches: [{ name: a }]\nmodel:\n';
const tree = parseTree(TREE, { from: 'a.yaml', folder: '.' }) as MapNode;
const put = (text: string) => plain(override(tree, [parseSet(text)]));

it('makes the maps that are missing on the way, and leaves the tree as it was', () => {
  expect(put('model.a.b=2')).toMatchObject({ seed: 1, model: { a: { b: 2 } } });
  expect(put('caches[0].name=b')).toMatchObject({ caches: [{ name: 'b' }] });
  expect(plain(tree)).toMatchObject({ model: null, caches: [{ name: 'a' }] });
});

it.each([
  ['budgets[0]=2', 'budgets has 0 entries, so there is no budgets[0]\n  hint: write budgets=[…]'],
  ['caches[1].name=b', 'caches has 1 entry, so there is no caches[1]\n  hint: the last is caches[0]'],
  ['seed.x=2', 'seed is a value, and has no x\n  hint: write seed=…'],
  ['seed[0]=2', 'seed is no list\n  hint: write seed=[…] for a new one'],
  ['caches.name=b', 'caches is a list of 1\n  hint: write caches[0].name=…'],
  ['cachs[0].name=b', 'unknown key "cachs"\n  hint: did you mean "caches"?'],
])('refuses %s', (text, says) => expect(() => put(text)).toThrow(`--set ${text}: ${says}`));
