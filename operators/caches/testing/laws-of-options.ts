import { z } from 'zod';
import { ENTRY_KEYS } from '../../../src/core/plugin.js';
import { must } from './law.js';
import type { CacheUnderTest, Law } from './law.js';

/** Laws about a cache's spec and options. */
export function lawsOfOptions({ plugin }: CacheUnderTest): readonly Law[] {
  const { spec } = plugin;
  return [
    {
      name: 'the spec is complete: names, texts, described options, defaults',
      hint: 'fill in the spec that defineCache gets; every option of the zod schema needs .describe(…) and, so that the cache works without options, .default(…)',
      check() {
        must(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(spec.name), () => `name ${spec.name} is not kebab case`);
        must(spec.summary !== '' && spec.formulaText !== '', () => 'summary or formulaText is empty');
        must(spec.orders.length > 0, () => 'no order is supported');
        if (spec.paper) must(spec.paper.url.startsWith('https://'), () => 'the paper has no link');
        for (const [name, { description }] of Object.entries(properties(spec.options))) {
          must(Boolean(description), () => `option ${name} is not described`);
          must(!ENTRY_KEYS.cache.includes(name), () => `an entry of a pipeline file has its own ${name}`);
        }
        plugin();
      },
    },
    {
      name: 'bad options are refused with `bad-option`',
      hint: 'let the schema say what is allowed, such as z.int().positive(): defineCache then refuses the rest; if you refuse more yourself, throw new Failure("bad-option", what, hint)',
      check() {
        mustRefuse(plugin, { 'no-such-option': 1 });
        for (const [name, schema] of Object.entries(properties(spec.options))) {
          for (const bad of badValues(schema)) mustRefuse(plugin, { [name]: bad });
        }
      },
    },
  ];
}

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
}

function properties(options: z.ZodObject): Readonly<Record<string, Property>> {
  const schema = z.toJSONSchema(options, { io: 'input' });
  return (schema.properties ?? {}) as Record<string, Property>;
}

function badValues({ type, minimum, exclusiveMinimum }: Property): readonly unknown[] {
  const bad: unknown[] = [Symbol.iterator, {}];
  if (type === 'number' || type === 'integer') bad.push('1', NaN, Infinity);
  if (type === 'integer') bad.push(1.5);
  if (minimum !== undefined) bad.push(minimum - 1);
  if (exclusiveMinimum !== undefined) bad.push(exclusiveMinimum, exclusiveMinimum - 1);
  return bad;
}

function mustRefuse(plugin: CacheUnderTest['plugin'], options: Record<string, unknown>): void {
  const shown = () =>
    Object.entries(options).map(
      ([name, value]) => `${name} = ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    );
  try {
    plugin(options);
  } catch (error) {
    const { code } = error as { code?: unknown }; // not instanceof: it may be the Failure of another copy of kronflow
    must(code === 'bad-option', () => `${shown()}: thrown ${String(error)}`);
    return;
  }
  throw new Error(`${shown()} was accepted`);
}
