import { describe, it } from 'vitest';
import { caches } from './index.js';
import { cacheLaws } from './testing/conformance.js';
import { tight } from './testing/tight.js';

describe.each(caches.map((plugin) => ({ plugin, name: plugin.spec.name })))('$name', ({ plugin, name }) => {
  for (const law of cacheLaws({ plugin, ...tight[name] })) it(law.name, law.check);
});
