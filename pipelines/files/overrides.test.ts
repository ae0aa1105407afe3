import { expect, it } from 'vitest';
import { override, parseSet } from './overrides.js';
import { parseTree } from './parse.js';
import { plain, type MapNode } from './tree.js';

const TREE = 'seed: 1\nempty: []\none: [{ name: a }]\nnothing:\n';
const tree = parseTree(TREE, { from: 'a.yaml', folder: '.' }) as MapNode;
const put = (text: string) => plain(override(tree, [parseSet(text)]));

it('makes the maps that are missing on the way, and leaves the tree as it was', () => {
  expect(put('nothing.a.b=2')).toMatchObject({ seed: 1, nothing: { a: { b: 2 } } });
  expect(put('one[0].name=b')).toMatchObject({ one: [{ name: 'b' }] });
  expect(plain(tree)).toMatchObject({ nothing: null, one: [{ name: 'a' }] });
});

it.each([
  ['empty[0]=2', 'empty has 0 entries, so there is no empty[0]\n  hint: write empty=[…]'],
  ['one[1].name=b', 'one has 1 entry, so there is no one[1]\n  hint: the last is one[0]'],
  ['seed.x=2', 'seed is a value, and has no x\n  hint: write seed=…'],
  ['seed[0]=2', 'seed is no list\n  hint: write seed=[…] for a new one'],
  ['one.name=b', 'one is a list of 1\n  hint: write one[0].name=…'],
])('refuses %s', (text, says) => expect(() => put(text)).toThrow(`--set ${text}: ${says}`));
