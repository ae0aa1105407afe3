import { readFileSync, writeFileSync } from 'node:fs';
import { schemaText } from './commands/schema.js';
import { generatedParts, renew } from './pages/documents.js';

// `npm run docs`: make the generated part of each document new, and the schema beside the presets.
for (const part of generatedParts()) {
  writeFileSync(part.path, renew(readFileSync(part.path, 'utf8'), part));
}
writeFileSync('pipelines/presets/pipeline.schema.json', schemaText());
