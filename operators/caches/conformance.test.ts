import { describe, it } from 'vitest';
import { caches } from './index.js';
import { cacheLaws } from './testing/conformance.js';
import { tight } from './testing/tight.js';

// A look while working; conformance.slow.test.ts is the whole suite.
describe.each(caches.map((plugin) => ({ plugin, name: plugin.spec.name })))('$name', ({ plugin, name }) => {
  for (const law of cacheLaws({ plugin, ...tight[name], effort: 'quick' })) it(law.name, law.check);
});
