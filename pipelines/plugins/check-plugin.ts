import { PLACES } from '../../src/core/operator.js';
import { Failure } from '../../src/core/failure.js';
import { formatValue } from '../../src/core/format.js';
import { didYouMean } from '../../src/core/nearest.js';
import {
  API_VERSION,
  ENTRY_KEYS,
  PLUGIN_KINDS,
  type Plugin,
  type PluginKind,
} from '../../src/core/plugin.js';
import { VERSION } from '../../src/core/version.js';

const LONG = 80; // characters of what is shown of a value: modules export whole tables

/** A rule that a field of a spec keeps: its text, and whether a value keeps it. */
type Rule = readonly [text: string, holds: (value: unknown) => boolean];

const text: Rule = ['a text', (value) => typeof value === 'string' && value !== ''];
const flag: Rule = ['true or false', (value) => typeof value === 'boolean'];
const fn: Rule = ['a function', (value) => typeof value === 'function'];
const oneOf = (names: readonly string[]): Rule => [
  `one of ${names.join(', ')}`,
  (value) => names.includes(value as string),
];
const optional = ([what, holds]: Rule): Rule => [what, (value) => value === undefined || holds(value)];

const COMMON: Readonly<Record<string, Rule>> = {
  name: [
    'a name in kebab case',
    (value) => typeof value === 'string' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value),
  ],
  summary: text,
  paper: ['null, or title, section and url', (value) => value === null || typeof value === 'object'],
  options: ['an object schema of zod 4: z.object({ … })', isZodObject],
};

const OF_KIND: Readonly<Record<PluginKind, Readonly<Record<string, Rule>>>> = {
  cache: {
    exactness: oneOf(['exact', 'certified', 'unbiased', 'heuristic']),
    orders: [
      "a list of 'tensor' and 'matrix'",
      (value) =>
        Array.isArray(value) && value.length > 0 && value.every((x) => x === 'tensor' || x === 'matrix'),
    ],
    ...{ queryAware: flag, appendOnly: flag, selects: flag, formulaText: text, formula: fn, covering: fn },
    ...{ claimedEps: optional(fn), within: optional(fn), readsPart: optional(flag) },
  },
  source: { brings: oneOf(['tokens', 'entries']) },
  operator: {
    after: oneOf(PLACES),
    needsReference: optional(flag),
    state: optional(oneOf(['none', 'saved', 'unsaved'])),
  },
  sink: {},
};

/** Whether a value claims to be a plug-in, of whatever version: then what is wrong with it is worth saying. */
export function looksLikePlugin(value: unknown): value is Plugin {
  return typeof value === 'function' && typeof (value as { spec?: unknown }).spec === 'object';
}

/**
 * Hold what a module exports against the contract, by structure: another copy of kronflow may have made it.
 * @throws Failure `bad-plugin` with the field, its value and the rule
 */
export function checkPlugin(reference: string, value: unknown): Plugin {
  const refuse = (why: string, hint: string) =>
    new Failure('bad-plugin', `plug-in ${reference}: ${why}`, hint);
  if (!looksLikePlugin(value) || value.spec === null) {
    const define = 'export what defineCache, defineOperator, defineSource or defineSink returns';
    const shown = formatValue(value);
    throw refuse(`${shown.length > LONG ? `${shown.slice(0, LONG)}…` : shown} is not a plug-in`, define);
  }
  const spec = value.spec as unknown as Readonly<Record<string, unknown>>;
  const kind = PLUGIN_KINDS.find((known) => known === spec.kind);
  if (kind === undefined) {
    throw refuse(
      `kind = ${formatValue(spec.kind)}: no such kind`,
      didYouMean(String(spec.kind), PLUGIN_KINDS),
    );
  }
  if (spec.apiVersion !== API_VERSION) {
    const hint =
      Number(spec.apiVersion) > API_VERSION
        ? 'it was made for a newer kronflow: update kronflow'
        : 'it was made for another kronflow: update the plug-in, or build it again with this one';
    const what = `apiVersion = ${formatValue(spec.apiVersion)}, kronflow ${VERSION} runs plug-ins of version ${API_VERSION}`;
    throw refuse(what, hint);
  }
  for (const [field, [rule, holds]] of Object.entries({ ...COMMON, ...OF_KIND[kind] })) {
    if (holds(spec[field])) continue;
    throw refuse(
      `its spec has ${field} = ${formatValue(spec[field])}: must be ${rule}`,
      `correct it in ${reference}`,
    );
  }
  const taken = ENTRY_KEYS[kind].find((key) => key in value.spec.options.shape);
  if (taken === undefined) return value;
  throw refuse(
    `its option is called ${taken}, which an entry of a pipeline file says of itself`,
    'call the option something else',
  );
}

/** What `checkOptions` and help read of a schema. */
function isZodObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { def, shape, safeParse, strict } = value as Record<string, unknown>;
  return (
    typeof def === 'object' &&
    typeof shape === 'object' &&
    typeof safeParse === 'function' &&
    typeof strict === 'function'
  );
}
