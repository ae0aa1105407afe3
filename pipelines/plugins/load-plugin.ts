import { basename, extname, isAbsolute, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeInput } from '../../data/sources/input-file.js';
import { Failure, isFailure } from '../../src/core/failure.js';
import { didYouMean } from '../../src/core/nearest.js';
import type { Plugin, PluginKind } from '../../src/core/plugin.js';
import { checkPlugin, looksLikePlugin } from './check-plugin.js';
import { resolveModule } from './resolve-module.js';
import { errorText } from '../../src/core/thrown.js';

/** A plug-in from a file or a package. */
export interface LoadedPlugin {
  /** As the user wrote it: `MODULE#EXPORT`. */
  readonly reference: string;
  readonly plugin: Plugin;
  /** The file that was loaded, for run.json; what it imports is not part of its sha256. */
  readonly input: {
    readonly kind: 'plugin';
    /** As the config names it. */
    readonly name: string;
    readonly path: string;
    readonly sha256: string | null;
  };
  /** The plug-in, if it is of this kind. @throws Failure `bad-plugin` */
  as(kind: PluginKind): Plugin;
}

const TYPESCRIPT = ['.ts', '.mts', '.cts'];

/**
 * Load the plug-in that `MODULE#EXPORT` names; without an export, the module's default, or the only plug-in it has. MODULE is
 * a file or a package, as seen from `fromFolder`.
 *
 * @throws Failure `not-found` with the nearest names, or `bad-plugin`: who, what is wrong with it, what to do
 */
export async function loadPlugin(reference: string, fromFolder: string): Promise<LoadedPlugin> {
  const [module, name, ...more] = reference.split('#');
  if (module === '' || name === '' || more.length > 0) {
    const hint = 'write ./file.js#export or package#export';
    throw new Failure('bad-plugin', `plug-in ${reference}: not of the form MODULE#EXPORT`, hint);
  }
  const path = await resolveModule(module, fromFolder);
  const sha256 = await hashOf(reference, path);
  refuseTypeScript(reference, path);
  const plugin = checkPlugin(reference, chosen(reference, await importModule(reference, path), name));
  return {
    ...{ reference, plugin, input: { kind: 'plugin', name: reference, path: shownPath(path), sha256 } },
    as(kind) {
      if (plugin.spec.kind === kind) return plugin;
      const [is, needed] = [plugin.spec.kind, kind].map((one) =>
        one === 'operator' ? `an ${one}` : `a ${one}`,
      );
      const what = `plug-in ${reference} is ${is}, where ${needed} is needed`;
      throw new Failure('bad-plugin', what, `use it as --${plugin.spec.kind} ${reference}`);
    },
  };
}

async function hashOf(reference: string, path: string): Promise<string | null> {
  try {
    return (await describeInput(shownPath(path))).sha256;
  } catch (error) {
    if (!isFailure(error)) throw error;
    throw new Failure(error.code, `plug-in ${reference}: ${error.what}`, error.hint, { cause: error });
  }
}

/** From where the command runs, so that run.json says the same on another machine. */
function shownPath(path: string): string {
  const shown = relative(process.cwd(), path);
  return shown.startsWith('..') || isAbsolute(shown) ? resolve(path) : `./${shown}`;
}

function refuseTypeScript(reference: string, path: string): void {
  if (!TYPESCRIPT.includes(extname(path))) return;
  if ((process.features as { typescript?: unknown }).typescript) return;
  const file = basename(path);
  throw new Failure(
    'bad-plugin',
    `plug-in ${reference}: Node ${process.versions.node} cannot load TypeScript`,
    `build it: npx tsc --module nodenext --target es2023 ${file}, and name the .js file; or use Node 22.18 or later`,
  );
}

async function importModule(reference: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new Failure(
      'bad-plugin',
      `plug-in ${reference} throws when it is imported: ${errorText(error)}`,
      isFailure(error) ? error.hint : importHint(error, path),
      { cause: error },
    );
  }
}

/** What to do about a module that cannot be imported. */
function importHint(error: unknown, path: string): string {
  const { code, message = '' } = error as { code?: string; message?: string };
  const file = basename(path);
  const missing = /^Cannot find package '([^']+)'/.exec(message)?.[1];
  if (missing !== undefined) return `install what it imports beside it: npm install ${missing}`;
  if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED')
    return 'import what that package exports, or install another version';
  const notAModule = /import statement outside a module|Unexpected token 'export'/.test(message);
  if (notAModule && extname(path) === '.js') {
    return `call it ${file.replace(/js$/, 'mjs')}, or write "type": "module" in the package.json of its folder`;
  }
  return `try it by itself: node ${file}`;
}

/** The export that is meant. */
function chosen(
  reference: string,
  module: Readonly<Record<string, unknown>>,
  name: string | undefined,
): unknown {
  const names = Object.keys(module);
  const plugins = names.filter((key) => looksLikePlugin(module[key]));
  if (name !== undefined) {
    if (names.includes(name)) return module[name];
    const what = `plug-in ${reference}: the module has no export "${name}"`;
    const known = plugins.length > 0 ? plugins : names;
    throw new Failure(
      'bad-plugin',
      what,
      known.length > 0 ? didYouMean(name, known) : 'it exports nothing: write export const …',
    );
  }
  if (names.includes('default')) return module.default;
  const different = new Set(plugins.map((key) => module[key]));
  if (different.size === 1) return module[plugins[0]];
  const what =
    plugins.length === 0
      ? `plug-in ${reference}: the module exports no plug-in`
      : `plug-in ${reference}: the module exports ${plugins.length} plug-ins`;
  const hint =
    plugins.length === 0
      ? 'export what defineCache, defineOperator, defineSource or defineSink returns'
      : `name one: ${plugins.map((key) => `${reference}#${key}`).join(', ')}`;
  throw new Failure('bad-plugin', what, hint);
}
