import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readmePictures } from './testing/readme-picture.js';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));

it('the picture of the README is what the caches do now (if this fails: run it with KRONFLOW_GOLDEN=write, and look)', async () => {
  for (const [theme, svg] of await readmePictures()) {
    const path = `${FOLDER}error-bytes-${theme}.svg`;
    if (process.env.KRONFLOW_GOLDEN === 'write') {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(path, svg);
    }
    expect(readFileSync(path, 'utf8'), theme).toBe(svg);
  }
});
