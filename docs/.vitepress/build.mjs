import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vitepress';
import { MODULES } from './lists.mjs';

// npm run docs:site: pages of the programming interface from doc comments, then the whole site into docs/.vitepress/dist.
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const typedoc = here('../../node_modules/typedoc/bin/typedoc');
const { status } = spawnSync(process.execPath, [typedoc, '--options', here('typedoc.json')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);
for (const [file, name] of MODULES) {
  const page = here(`../api/${file}.md`);
  const text = readFileSync(page, 'utf8').replace(/^# .*/, `# ${name}`);
  writeFileSync(page, `---\noutline: 3\n---\n\n${text}`);
}
await build(here('..'));
