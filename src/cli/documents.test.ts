import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERSION } from '../core/version.js';
import { generatedParts, renew } from './documents.js';

it.each(generatedParts())('$path is fresh (if this fails: npm run docs)', (part) => {
  const document = readFileSync(part.path, 'utf8');
  expect(document).toBe(renew(document, part));
});

it('the version is that of the package', () => {
  expect(VERSION).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});
