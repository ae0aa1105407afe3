import { describe, it } from 'vitest';
import { caches } from './index.js';
import { cacheLaws } from './testing/conformance.js';
import { tight } from './testing/tight.js';

// conformance-rest.slow.test.ts has every other cache: two files run side by side
const every2nd = caches.filter((_, i) => i % 2 === 0);
describe.each(every2nd.map((plugin) => ({ plugin, name: plugin.spec.name })))('$name', ({ plugin, name }) => {
  for (const law of cacheLaws({ plugin, ...tight[name] })) it(law.name, law.check);
});
