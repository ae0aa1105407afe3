import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { Failure } from '../../src/core/failure.js';

/**
 * The file that a path or the name of a package stands for, seen from `fromFolder`.
 * @throws Failure `not-found` for a package that is not installed there
 */
export function resolveModule(module: string, fromFolder: string): string {
  if (/^(\.\.?\/|\/)/.test(module)) return resolve(fromFolder, module);
  const require = createRequire(join(resolve(fromFolder), 'plug-in.js'));
  try {
    return require.resolve(module);
  } catch (error) {
    const imported = importEntry(module, require.resolve.paths(module) ?? []);
    if (imported !== null) return imported;
    throw new Failure(
      'not-found',
      `plug-in ${module}: no such package in ${fromFolder}: ${(error as Error).message.split('\n')[0]}`,
      `npm install ${module}; a file needs ./ before its name: ./${module}`,
      { cause: error },
    );
  }
}

/** `require` does not see what a package exports to `import` only. */
function importEntry(module: string, folders: readonly string[]): string | null {
  const parts = module.split('/');
  const name = parts.slice(0, module.startsWith('@') ? 2 : 1).join('/');
  const rest = parts.slice(name.split('/').length).join('/');
  for (const folder of folders) {
    let text: string;
    try {
      text = readFileSync(join(folder, name, 'package.json'), 'utf8');
    } catch {
      continue;
    }
    const { exports } = JSON.parse(text) as { exports?: unknown };
    const entry = entryOf(exports, rest === '' ? '.' : `./${rest}`);
    return entry === null ? null : join(folder, name, entry);
  }
  return null;
}

/** Entry of `exports` for a path inside the package; patterns with * are not looked at. */
function entryOf(exports: unknown, path: string): string | null {
  if (typeof exports === 'string') return path === '.' ? exports : null;
  if (typeof exports !== 'object' || exports === null) return null;
  if (path in exports) return conditional((exports as Record<string, unknown>)[path]);
  return path === '.' && !Object.keys(exports).some((key) => key.startsWith('.'))
    ? conditional(exports)
    : null;
}

function conditional(target: unknown): string | null {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return null;
  for (const [condition, inner] of Object.entries(target)) {
    if (!['node', 'import', 'module', 'default'].includes(condition)) continue;
    const found = conditional(inner);
    if (found !== null) return found;
  }
  return null;
}
