import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as operators from '../../../operators/index.js';
import { VERSION } from '../../core/version.js';
import { generatedParts, renew } from './documents.js';

it.each(generatedParts())('$path is fresh (if this fails: npm run docs)', (part) => {
  const document = readFileSync(part.path, 'utf8');
  expect(document).toBe(renew(document, part));
});

it('the version is that of the package', () => {
  expect(VERSION).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});

it('operators/README.md has a row for every operator, and all of them are exported', () => {
  const page = readFileSync('operators/README.md', 'utf8');
  const rows = [...page.matchAll(/^\| \[`(\w+)`\]\(([\w/-]+\.ts)\)/gm)].map(([, name]) => name);
  const weights = ['gaussianWeights', 'scaleToScoreStd']; // functions, but no operators
  const exported = Object.entries(operators).filter(([, value]) => typeof value === 'function');
  const names = exported.map(([name]) => name).filter((name) => !weights.includes(name));
  expect([...rows].sort()).toEqual(names.sort());

  const files = readdirSync('operators').filter(
    (file) => /(?<!\.test)\.ts$/.test(file) && file !== 'index.ts',
  );
  const made = files.filter((file) =>
    readFileSync(`operators/${file}`, 'utf8').includes('OperatorFunction<'),
  );
  const camel = made.map((file) =>
    file.slice(0, -3).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
  );
  expect(rows).toEqual(expect.arrayContaining(camel));
});
