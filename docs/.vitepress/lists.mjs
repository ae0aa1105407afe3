import { existsSync, readdirSync, readFileSync } from 'node:fs';

const docs = new URL('../', import.meta.url);

/** Pages of the decisions, by their titles. */
export function decisions() {
  return readdirSync(new URL('decisions/', docs))
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(`decisions/${file}`, docs), 'utf8').match(/^# (.*)/)[1];
      return { text, link: `/decisions/${file.slice(0, -3)}` };
    });
}

/** Pages that typedoc made, one for each entry point; none before `npm run docs:site` has made them. */
export function api() {
  const folder = new URL('api/', docs);
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md');
  return entries.map((file) => {
    const [, text] = readFileSync(new URL(file, folder), 'utf8').match(/^# (.*)/m);
    return { text, link: `/api/${file.slice(0, -3)}` };
  });
}
