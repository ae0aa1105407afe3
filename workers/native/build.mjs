// Build the native kernel, if this machine has a C compiler: `npm install` runs this. It never fails the install:
// without it kronflow is slower, not broken. Headers come from the package node-api-headers; nothing is downloaded.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '../../build/kronflow.node');
const temporary = `${target}.${process.pid}`;
const flags = ['-O2', '-std=gnu11', '-ffp-contract=fast', '-fno-math-errno', '-fPIC', '-Wall', '-Wextra'];
const linking = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];

/** Try each compiler; the first that works wins. Returns its name, or why there is none. */
function build() {
  const { include_dir } = createRequire(import.meta.url)('node-api-headers');
  const sources = ['kernels.c', 'addon.c'].map((name) => join(here, name));
  const failures = [];
  for (const compiler of [process.env.CC, 'cc', 'gcc', 'clang'].filter(Boolean)) {
    try {
      mkdirSync(dirname(target), { recursive: true });
      const args = [...flags, ...linking, `-I${include_dir}`, ...sources, '-o', temporary, '-lm'];
      execFileSync(compiler, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      renameSync(temporary, target); // another process may have the old one open
      return { compiler };
    } catch (error) {
      failures.push(
        `${compiler}: ${
          String(error.stderr ?? error.message)
            .trim()
            .split('\n')[0]
        }`,
      );
    }
  }
  rmSync(temporary, { force: true });
  return { failures };
}

try {
  const { compiler, failures } = build();
  if (compiler) console.log(`kronflow: native kernel built with ${compiler}`);
  else console.log(`kronflow: native kernel not built, a slower one will be used (${failures.join('; ')})`);
} catch (error) {
  console.log(`kronflow: native kernel not built, a slower one will be used (${error.message})`);
}
