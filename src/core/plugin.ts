import type { z } from 'zod';
import { Failure } from './failure.js';
import { formatValue } from './format.js';
import { didYouMean } from './nearest.js';

/**
 * Version of the contracts between kronflow and plug-ins: a plug-in carries that of the kronflow it was written with. It
 * goes up when a plug-in that was right becomes wrong.
 */
export const API_VERSION = 1;

/** What plug-ins are. */
export const PLUGIN_KINDS = ['cache', 'source', 'operator', 'sink'] as const;
/** One of `PLUGIN_KINDS`. */
export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** What an entry of a pipeline file says beside the options of its plug-in, so that no option can have these names. */
export const ENTRY_KEYS: Readonly<Record<PluginKind, readonly string[]>> = {
  cache: ['name', 'label', 'allocation'],
  source: ['name'],
  operator: ['name'],
  sink: ['name'],
};

/** What a plug-in says about itself. Help texts, tables and conformance tests read only this. */
export interface Spec<O extends z.ZodObject = z.ZodObject> {
  readonly kind: PluginKind;
  /** Set by `defineCache`, `defineSource`, `defineOperator` and `defineSink`. */
  readonly apiVersion: typeof API_VERSION;
  /** Kebab case, as users type it. */
  readonly name: string;
  readonly summary: string;
  readonly options: O;
  readonly paper: { readonly title: string; readonly section: string; readonly url: string } | null;
}

/** A plug-in is its factory; `spec` rides on it. */
export interface Plugin<S extends Spec = Spec, T = unknown> {
  (options?: z.input<S['options']>): T;
  readonly spec: S;
}

/** Turn a spec and a factory into a plug-in that checks its options before calling the factory. */
export function define<S extends Spec, T>(
  spec: S,
  create: (options: z.output<S['options']>) => T,
): Plugin<S, T> {
  return Object.assign((options: unknown = {}) => create(checkOptions(spec, options)), { spec });
}

/**
 * Options as the schema wants them, defaults filled in.
 * @throws Failure `bad-option` with the value, the rule and the nearest names
 */
export function checkOptions<S extends Spec>(
  { kind, name, options }: S,
  input: unknown,
): z.output<S['options']> {
  // Strict: a misspelt option is an error. A wrapper declares that it takes others, and who it wraps checks them.
  const parsed = (options.def.catchall ? options : options.strict()).safeParse(input);
  if (parsed.success) return parsed.data as z.output<S['options']>;
  const issue = parsed.error.issues[0];
  const known = Object.keys(options.shape);
  if (issue.code === 'unrecognized_keys') {
    throw new Failure(
      'bad-option',
      `${kind} ${name}: unknown option "${issue.keys[0]}"`,
      known.length > 0 ? didYouMean(issue.keys[0], known) : `${name} takes no options`,
    );
  }
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], input);
  throw new Failure(
    'bad-option',
    `${kind} ${name}: ${issue.path.join('.') || 'options'} = ${formatValue(value)}: ${issue.message}`,
    `options of ${name}: ${known.join(', ') || 'none'}`,
  );
}

/**
 * Find a plug-in by name.
 * @throws Failure `unknown-name` with the nearest names
 */
export function findByName<P extends Plugin>(kind: string, plugins: readonly P[], name: string): P {
  const found = plugins.find((plugin) => plugin.spec.name === name);
  if (found) return found;
  const names = plugins.map((plugin) => plugin.spec.name);
  throw new Failure('unknown-name', `${kind} "${name}" does not exist`, didYouMean(name, names));
}
