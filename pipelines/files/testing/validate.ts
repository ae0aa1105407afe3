import type { JsonSchema } from '../json-schema.js';

/**
 * What of `value` a JSON Schema does not allow, as `path: rule`; null when it is valid. Knows the part of draft 7 that our own
 * schema uses, and throws on the rest: a keyword that nobody checks would let everything through.
 */
export function violation(root: JsonSchema, value: unknown): string | null {
  return check(root, root, value, '');
}

const ANNOTATIONS = ['$schema', 'title', 'description', 'default', 'definitions'];

type Rule = (limit: never, value: unknown, at: string, schema: JsonSchema, root: JsonSchema) => string | null;

const RULES: Readonly<Record<string, Rule>> = {
  $ref: (name: string, value, at, _, root) =>
    check(root, (root.definitions as Record<string, JsonSchema>)[name.split('/').at(-1)!], value, at),
  anyOf: (choices: readonly JsonSchema[], value, at, _, root) => {
    const found = choices.map((choice) => check(root, choice, value, at));
    return found.includes(null) ? null : found.join(' | ');
  },
  type: (type: string, value, at) => (typeOf(value, type) ? null : `${at}: not of type ${type}`),
  const: (only: unknown, value, at) => (value === only ? null : `${at}: not ${String(only)}`),
  enum: (values: readonly unknown[], value, at) =>
    values.includes(value) ? null : `${at}: not one of ${values.join()}`,
  pattern: (pattern: string, value, at) =>
    typeof value !== 'string' || new RegExp(pattern).test(value) ? null : `${at}: not like ${pattern}`,
  minLength: (least: number, value, at) =>
    typeof value !== 'string' || value.length >= least ? null : `${at}: too short`,
  minimum: (least: number, value, at) =>
    typeof value !== 'number' || value >= least ? null : `${at}: below ${least}`,
  maximum: (most: number, value, at) =>
    typeof value !== 'number' || value <= most ? null : `${at}: above ${most}`,
  exclusiveMinimum: (least: number, value, at) =>
    typeof value !== 'number' || value > least ? null : `${at}: ${least} or less`,
  exclusiveMaximum: (most: number, value, at) =>
    typeof value !== 'number' || value < most ? null : `${at}: ${most} or more`,
  minItems: (least: number, value, at) =>
    !Array.isArray(value) || value.length >= least ? null : `${at}: too few`,
  items: (items: JsonSchema, value, at, _, root) =>
    Array.isArray(value) ? first(value.map((item, i) => check(root, items, item, `${at}[${i}]`))) : null,
  required: (names: readonly string[], value, at) =>
    isMap(value) ? first(names.map((name) => (name in value ? null : `${at}: ${name} is missing`))) : null,
  properties: (known: Record<string, JsonSchema>, value, at, _, root) =>
    isMap(value)
      ? first(
          Object.keys(value).map((key) =>
            known[key] ? check(root, known[key], value[key], `${at}.${key}`) : null,
          ),
        )
      : null,
  additionalProperties: (allowed: boolean | JsonSchema, value, at, { properties = {} }) =>
    allowed !== false || !isMap(value)
      ? null
      : first(
          Object.keys(value).map((key) => (key in (properties as object) ? null : `${at}.${key}: unknown`)),
        ),
};

function check(root: JsonSchema, schema: JsonSchema, value: unknown, at: string): string | null {
  return first(
    Object.entries(schema).map(([keyword, limit]) => {
      if (ANNOTATIONS.includes(keyword)) return null;
      if (!(keyword in RULES)) throw new RangeError(`${at}: the keyword ${keyword} is not checked`);
      return RULES[keyword](limit as never, value, at, schema, root);
    }),
  );
}

function typeOf(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isMap(value);
  return type === 'null' ? value === null : typeof value === type;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function first(found: readonly (string | null)[]): string | null {
  return found.find((one) => one !== null) ?? null;
}
