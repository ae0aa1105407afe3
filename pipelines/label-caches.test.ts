import { expect, it } from 'vitest';
import { defineCache } from '../src/core/cache.js';
import { partOf } from '../src/core/part.js';
import { window } from '../operators/caches/window.js';
import { labelCaches } from './label-caches.js';
import { builtIn, type Registry } from './registry.js';

const mine = defineCache({ ...window.spec, name: 'my-ring' }, (options, parts) =>
  window(options).create(parts),
);
const reference = './caches/mine.js#ring';
const loaded = new Map([[reference, { reference, plugin: mine, as: () => mine }]]);
const registry = { ...builtIn, loaded } as unknown as Registry;

it('labels a cache by what its plug-in calls itself, unless a label is given', () => {
  const asked = [
    { name: reference, options: {} },
    { name: 'window', options: {} },
    { name: 'window', label: 'w', options: { size: 3 } },
  ];
  expect(labelCaches(asked, registry)).toEqual([
    { name: reference, label: 'my-ring', options: {} },
    { name: 'window', label: 'window', options: {} },
    { name: 'window', label: 'w', options: { size: 3 } },
  ]);
});

it('says which cache of the list is unknown', () => {
  const asked = [
    { name: 'window', options: {} },
    { name: 'widow', options: {} },
  ];
  let error: unknown;
  try {
    labelCaches(asked, registry);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: 'unknown-name' });
  expect(partOf(error)).toEqual(['caches', 1]);
});
