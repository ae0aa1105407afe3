import { z } from 'zod';
import type { Plugin } from '../../src/core/plugin.js';
import { builtIn, type Registry } from '../registry.js';
import { fileSchema } from './file-schema.js';

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [key: string]: unknown };

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const VARIABLE = { $ref: '#/definitions/variable' };

/**
 * The JSON Schema of pipeline files, draft 7, which every editor knows: from the schemas that check them, so that both say
 * the same. An entry is a union on `name`, each with its options; a plug-in from a file or a package takes any.
 */
export function pipelineJsonSchema(registry: Registry = builtIn): JsonSchema {
  const { properties, ...rest } = schemaOf(fileSchema);
  const own = properties as Record<string, JsonSchema>;
  const list = (name: string, items: JsonSchema) => ({ ...own[name], items });
  const [label, allocation] = ['label', 'allocation'].map((name) => entryProperty(own.caches, name));
  const ofCache = { label, allocation: { $ref: '#/definitions/allocation' } };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'kronflow pipeline',
    ...rest,
    required: ['kronflow'], // the others may come from a file that is included
    properties: {
      ...withVariables(own),
      source: { ...union(registry.sources), description: own.source.description },
      operators: list('operators', union(registry.operators)),
      caches: list('caches', union(registry.caches, ofCache)),
      sinks: list('sinks', union(registry.sinks)),
    },
    definitions: {
      allocation: orVariable(allocation),
      variable: {
        type: 'string',
        pattern: '\\$\\{',
        description: 'an environment variable: ${NAME} or ${NAME:default}',
      },
    },
  };
}

/** One of these plug-ins with its options, or somebody else's. */
function union(plugins: readonly Plugin[], common: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  return { anyOf: [...plugins.map((plugin) => entryOf(plugin, common)), reference(common)] };
}

function entryOf({ spec }: Plugin, common: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const { properties = {}, required = [] } = schemaOf(spec.options);
  const name = { const: spec.name, description: spec.summary };
  return {
    type: 'object',
    description: spec.summary,
    properties: { name, ...common, ...withVariables(properties as Record<string, JsonSchema>) },
    required: ['name', ...(required as readonly string[])],
    additionalProperties: spec.options.def.catchall !== undefined,
  };
}

function reference(common: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const name = {
    type: 'string',
    pattern: '^(\\.\\.?/|/|@)|#|\\$\\{',
    description: 'a plug-in from a file or a package: ./my-cache.js#name',
  };
  return { type: 'object', properties: { name, ...common }, required: ['name'], additionalProperties: true };
}

function schemaOf(schema: z.ZodType): JsonSchema {
  return onlyKnownTypes(z.toJSONSchema(schema, { io: 'input', target: 'draft-7' })) as JsonSchema;
}

/** Help texts call some unions by a word of their own, such as a size; a JSON Schema may not. */
function onlyKnownTypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(onlyKnownTypes);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, one]) =>
      !(key === '$schema' || (key === 'type' && typeof one === 'string' && !TYPES.includes(one))),
  );
  return Object.fromEntries(kept.map(([key, one]) => [key, onlyKnownTypes(one)]));
}

/** A variable may stand for whatever is no text, as deep as maps go. */
function withVariables(properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, orVariable(one)]));
}

function orVariable(schema: JsonSchema): JsonSchema {
  const { description, default: value, properties, ...rule } = schema;
  if (properties !== undefined)
    return { ...schema, properties: withVariables(properties as Record<string, JsonSchema>) };
  if (rule.type === 'string' && rule.enum === undefined) return schema;
  const said = Object.entries({ description, default: value }).filter(([, one]) => one !== undefined);
  return { ...Object.fromEntries(said), anyOf: [rule, VARIABLE] };
}

function entryProperty({ items }: JsonSchema, name: string): JsonSchema {
  return (items as { properties: Record<string, JsonSchema> }).properties[name];
}
