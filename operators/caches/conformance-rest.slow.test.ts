import { describe, it } from 'vitest';
import { caches } from './index.js';
import { cacheLaws } from './testing/conformance.js';
import { tight } from './testing/tight.js';

// The caches that conformance.slow.test.ts leaves out.
const others = caches.filter((_, i) => i % 2 === 1);
describe.each(others.map((plugin) => ({ plugin, name: plugin.spec.name })))('$name', ({ plugin, name }) => {
  for (const law of cacheLaws({ plugin, ...tight[name] })) it(law.name, law.check);
});
