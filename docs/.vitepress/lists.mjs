import { readdirSync, readFileSync } from 'node:fs';

const docs = new URL('../', import.meta.url);

/** Pages of the programming interface in docs/api, and what each is about: an entry point of the package. */
export const MODULES = [
  ['src', 'kronflow'],
  ['operators', 'kronflow/operators'],
  ['pipelines', 'kronflow/pipelines'],
  ['data', 'kronflow/data'],
  ['workers', 'kronflow/workers'],
  ['operators/caches/kit', 'kronflow/caches'],
  ['src/testing', 'kronflow/testing'],
];

/** Items of the sidebar for them. */
export function api() {
  return MODULES.map(([file, text]) => ({ text, link: `/api/${file}` }));
}

/** Pages of the decisions, by their titles. */
export function decisions() {
  return readdirSync(new URL('decisions/', docs))
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(`decisions/${file}`, docs), 'utf8').match(/^# (.*)/)[1];
      return { text, link: `/decisions/${file.slice(0, -3)}` };
    });
}
