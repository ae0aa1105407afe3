import { z } from 'zod';
import type { CachePlugin, CacheSpec, Exactness } from '../core/cache.js';
import { formatBytes } from '../core/format.js';
import type { OperatorSpec } from '../core/operator.js';
import type { Plugin, Spec } from '../core/plugin.js';
import type { SourceSpec } from '../core/source.js';

type Schema = z.core.JSONSchema.BaseSchema;

/** One option of a plug-in, read from its schema: the single source of help texts, lists and tables. */
export interface OptionText {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** Null when there is none. */
  readonly default: unknown;
  readonly description: string;
}

/** Options of a plug-in in the order of its schema. */
export function optionsOf({ options }: Pick<Spec, 'options'>): readonly OptionText[] {
  const { properties = {}, required = [] } = z.toJSONSchema(options, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { default: value, description = '' } = property as Schema;
    return {
      name,
      type: typeOf(property as Schema),
      required: required.includes(name),
      default: value ?? null,
      description,
    };
  });
}

function typeOf({ type, enum: choices, anyOf }: Schema): string {
  if (choices !== undefined) return choices.join(' | ');
  if (type !== undefined) return String(type);
  return anyOf?.map((one) => typeOf(one as Schema)).join(' | ') ?? 'any';
}

/** What happens without an option, in words. */
export function defaultOf({ required, default: value }: OptionText): string {
  if (required) return 'required';
  return value === null ? 'optional' : `default ${JSON.stringify(value)}`;
}

/** Everything `list --json` says of a plug-in; docs/command-line.md lists the keys. */
export function describePlugin({ spec }: Plugin): Record<string, unknown> {
  const { name, summary, paper } = spec;
  return { name, summary, ...ownFacts(spec), options: optionsOf(spec), paper };
}

/** What only plug-ins of this kind say of themselves. */
function ownFacts(spec: Spec): Record<string, unknown> {
  if (spec.kind === 'source') return { brings: (spec as SourceSpec).brings };
  if (spec.kind === 'operator') {
    const { after, state = 'none' } = spec as OperatorSpec;
    return { after, state };
  }
  if (spec.kind !== 'cache') return {};
  const { exactness, orders, queryAware, appendOnly, formulaText } = spec as CacheSpec;
  return { exactness, orders, query_aware: queryAware, append_only: appendOnly, formula: formulaText };
}

/** One plug-in as help text. */
export function pluginHelp(plugin: Plugin): string {
  const { name, summary } = plugin.spec;
  const lines = optionsOf(plugin.spec).map(
    (o) => `      ${o.name.padEnd(10)} ${o.type.padEnd(8)} ${o.description} [${defaultOf(o)}]`,
  );
  return [`  ${name.padEnd(26)}${summary}`, ...lines].join('\n');
}

const COLUMNS = 100;

/** One plug-in as `list` prints it, in lines of 100 columns: the help text, and for a cache its answer, memory and paper. */
export function pluginListing(plugin: Plugin): string {
  const [head, ...options] = pluginHelp(plugin).split('\n');
  const about = plugin.spec.kind === 'cache' ? cacheFacts(plugin.spec as CacheSpec) : [];
  return [
    ...wrapped(head, 28),
    ...about.flatMap((line) => wrapped(`      ${line}`, 8)),
    ...options.flatMap((line) => wrapped(line, 26)),
  ].join('\n');
}

function cacheFacts({ exactness, formulaText, paper }: CacheSpec): readonly string[] {
  return [
    `answer: ${exactness}; resident bytes: ${formulaText}`,
    paper === null ? 'paper: none, derived here' : `paper: ${paper.title}, ${paper.url}`,
  ];
}

/** What an answer of each exactness is worth. */
export const ANSWERS: Readonly<Record<Exactness, string>> = {
  exact: 'equals full attention, up to float32',
  certified: 'comes with a bound on its error at every step, certain up to rounding',
  unbiased: 'numerator and denominator are right on average over seeds; their ratio only nearly',
  heuristic: 'no guarantee',
};

const [N, D, BYTES] = [1024, 64, 4];

/** The size at which `sizesOf` looks. */
export const SIZED_AT = `at n = ${N}, d = ${D}, float32`;

/** The formula with default options at one size: the most that it can take. */
export function sizesOf(plugin: CachePlugin): string {
  const order = plugin.spec.orders[0];
  const shape = { n: N, d: D, order, bytesPerNumber: BYTES, census: null };
  const { residentBytes, metadataBytes, scratchBytes, flops } = plugin().formula(shape);
  return (
    `at most ${formatBytes(residentBytes)} resident, ${formatBytes(metadataBytes)} metadata, ` +
    `${formatBytes(scratchBytes)} scratch; ${(flops / 1e6).toPrecision(3)} million operations a query`
  );
}

/** A line in several, none longer than `columns` unless a word is; those after the first are indented by `indent`. */
export function wrapped(line: string, indent: number, columns = COLUMNS): readonly string[] {
  if (line.length <= columns) return [line];
  const space = line.lastIndexOf(' ', columns);
  const at = line.slice(0, space).trim() === '' ? line.indexOf(' ', columns) : space;
  if (at <= indent) return [line];
  return [line.slice(0, at), ...wrapped(' '.repeat(indent) + line.slice(at + 1), indent, columns)];
}
