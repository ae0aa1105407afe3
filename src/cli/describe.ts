import { z } from 'zod';
import type { CacheSpec } from '../core/cache.js';
import type { Plugin, Spec } from '../core/plugin.js';

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
    const {
      type,
      enum: choices,
      default: value,
      description = '',
    } = property as z.core.JSONSchema.BaseSchema;
    return {
      name,
      type: choices?.join(' | ') ?? String(type),
      required: required.includes(name),
      default: value ?? null,
      description,
    };
  });
}

/** Everything `list --json` says of a plug-in. */
export function describePlugin({ spec }: Plugin): Record<string, unknown> {
  const { name, summary, paper } = spec;
  const common = { name, summary, options: optionsOf(spec), paper };
  if (spec.kind !== 'cache') return { ...common, brings: (spec as Spec & { brings?: string }).brings };
  const { exactness, orders, queryAware, appendOnly, formulaText } = spec as CacheSpec;
  return {
    name,
    summary,
    exactness,
    orders,
    query_aware: queryAware,
    append_only: appendOnly,
    formula: formulaText,
    options: common.options,
    paper,
  };
}

/** One plug-in as help text. */
export function pluginHelp(plugin: Plugin): string {
  const { name, summary } = plugin.spec;
  const lines = optionsOf(plugin.spec).map((o) => {
    const value = o.required
      ? 'required'
      : o.default === null
        ? 'optional'
        : `default ${JSON.stringify(o.default)}`;
    return `      ${o.name.padEnd(10)} ${o.type.padEnd(8)} ${o.description} [${value}]`;
  });
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

/** A line in several, none longer than the columns unless a word is; those after the first are indented by `indent`. */
function wrapped(line: string, indent: number): readonly string[] {
  if (line.length <= COLUMNS) return [line];
  const space = line.lastIndexOf(' ', COLUMNS);
  const at = line.slice(0, space).trim() === '' ? line.indexOf(' ', COLUMNS) : space;
  if (at <= indent) return [line];
  return [line.slice(0, at), ...wrapped(' '.repeat(indent) + line.slice(at + 1), indent)];
}
