import { sources } from '../data/sources/index.js';
import { caches } from '../operators/caches/index.js';
import { operators } from '../operators/measures/index.js';
import type { CachePlugin } from '../src/core/cache.js';
import type { OperatorPlugin } from '../src/core/operator.js';
import { findByName, type Plugin, type PluginKind } from '../src/core/plugin.js';
import type { SinkPlugin } from '../src/core/sink.js';
import type { SourcePlugin } from '../src/core/source.js';
import { loadPlugin, type LoadedPlugin } from './plugins/load-plugin.js';

/** Every plug-in that a run may name. */
export interface Registry {
  readonly caches: readonly CachePlugin[];
  readonly sources: readonly SourcePlugin[];
  readonly operators: readonly OperatorPlugin[];
  readonly sinks: readonly SinkPlugin[];
  /** Plug-ins from files and packages, by the reference that names them; they are in the lists too. */
  readonly loaded: ReadonlyMap<string, LoadedPlugin>;
}

/** What kronflow brings. */
export const builtIn: Registry = { caches, sources, operators, sinks: [], loaded: new Map() };

/** What a name of each kind finds. */
export interface PluginOf {
  readonly cache: CachePlugin;
  readonly source: SourcePlugin;
  readonly operator: OperatorPlugin;
  readonly sink: SinkPlugin;
}

/** Whether a name stands for a file or a package, `MODULE#EXPORT`, and not for something that kronflow brings. */
export function isReference(name: string): boolean {
  return /^(\.\.?\/|\/|@)/.test(name) || name.includes('#');
}

/**
 * Load every plug-in that one of `names` refers to and that `registry` does not know yet; relative references and packages
 * are found from `fromFolder`. Names of what kronflow brings are left alone: `pluginOf` looks them up.
 *
 * @throws Failure `not-found` or `bad-plugin`: what is missing, of another version, or not a plug-in
 */
export async function loadPlugins(
  names: readonly string[],
  fromFolder: string,
  registry: Registry = builtIn,
): Promise<Registry> {
  let all = registry;
  for (const name of new Set(names.filter(isReference))) {
    if (!all.loaded.has(name)) all = withPlugin(all, await loadPlugin(name, fromFolder));
  }
  return all;
}

/**
 * The plug-in of this kind that `name` stands for.
 * @throws Failure `unknown-name` with the nearest names, or `bad-plugin` for a reference to another kind
 */
export function pluginOf<K extends PluginKind>(registry: Registry, kind: K, name: string): PluginOf[K] {
  const loaded = registry.loaded.get(name);
  if (loaded === undefined) return findByName(kind, builtInOf(registry, kind), name);
  return loaded.as(kind) as PluginOf[K];
}

/** Only what a plain name can stand for: somebody else's plug-in needs its reference, or a config would not say where it is. */
function builtInOf<K extends PluginKind>(registry: Registry, kind: K): readonly PluginOf[K][] {
  const loaded = new Set<Plugin>([...registry.loaded.values()].map(({ plugin }) => plugin));
  const list: readonly Plugin[] = registry[`${kind}s`];
  return list.filter((plugin) => !loaded.has(plugin)) as unknown as readonly PluginOf[K][];
}

function withPlugin(registry: Registry, loaded: LoadedPlugin): Registry {
  const list = `${loaded.plugin.spec.kind}s` as const;
  return {
    ...registry,
    [list]: [...registry[list], loaded.plugin],
    loaded: new Map([...registry.loaded, [loaded.reference, loaded]]),
  };
}
