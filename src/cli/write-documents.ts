import { readFileSync, writeFileSync } from 'node:fs';
import { generatedParts, renew } from './documents.js';

// `npm run docs`: make the generated part of each document new.
for (const part of generatedParts()) {
  writeFileSync(part.path, renew(readFileSync(part.path, 'utf8'), part));
}
