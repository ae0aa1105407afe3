import { cacheLaws, type CacheUnderTest } from '../../operators/caches/testing/conformance.js';
import type { CachePlugin } from '../core/cache.js';
import { Failure } from '../core/failure.js';

/** What a conformance test of a cache may be told beside the cache. */
export type CheckSettings = Omit<CacheUnderTest, 'plugin'>;

/** `test` or `it` of node:test, vitest, jest or mocha: it is told a name, a check, and how long that may take. */
export type TestFunction = (name: string, check: () => void | Promise<void>, timeoutMs?: number) => unknown;

/** What a law may take: the estimates of an unbiased cache are made thousands of times. */
const TIMEOUT_MS = 120_000;

/**
 * Hold a cache of your own against the laws that every built-in cache passes: its spec, bad options, bytes against
 * formula and ledger, answers against its exactness, determinism, budgets and snapshots. Give option sets with small
 * budgets, so that something is dropped within 60 tokens; the defaults are always tested.
 *
 * With `test`, each law becomes one test of that runner. Without, all laws are tried before the promise is kept, or
 * broken with one error that lists every broken law (`errors` holds them one by one).
 *
 * Streams are random but seeded: the same laws pass or fail every time.
 * @throws Failure `bad-input` when this is no cache
 */
export function checkCache(plugin: CachePlugin, settings?: CheckSettings): Promise<void>;
export function checkCache(plugin: CachePlugin, settings: CheckSettings, test: TestFunction): void;
export function checkCache(
  plugin: CachePlugin,
  settings: CheckSettings = {},
  test?: TestFunction,
): Promise<void> | void {
  if (test === undefined) return checkAll(plugin, settings);
  for (const { name, check } of lawsOf(plugin, settings)) test(name, check, TIMEOUT_MS);
}

async function checkAll(plugin: CachePlugin, settings: CheckSettings): Promise<void> {
  const laws = lawsOf(plugin, settings);
  const broken: Error[] = [];
  for (const { check } of laws) {
    try {
      await check();
    } catch (error) {
      broken.push(error as Error);
    }
  }
  if (broken.length === 0) return;
  const texts = broken.map(({ message }) => `\n\n${message}`);
  const count = `${broken.length} of ${laws.length} laws broken`;
  throw new AggregateError(broken, `cache ${plugin.spec.name}: ${count}${texts.join('')}`);
}

/** The laws, once it is clear that they can be asked of this thing at all. */
function lawsOf(plugin: CachePlugin, settings: CheckSettings) {
  const spec = (plugin as Partial<CachePlugin> | undefined)?.spec;
  if (typeof plugin !== 'function' || spec?.kind !== 'cache') {
    const kind = spec === undefined ? typeof plugin : `a plug-in of kind ${spec.kind}`;
    const hint = 'pass what defineCache returned: import { myCache } from …; checkCache(myCache, …)';
    throw new Failure('bad-input', `checkCache was given ${kind}, not a cache`, hint);
  }
  return cacheLaws({ plugin, ...settings });
}
