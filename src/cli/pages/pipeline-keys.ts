import { z } from 'zod';
import { fileSchema } from '../../../pipelines/files/file-schema.js';
import { tableOf } from './table-of.js';

type Schema = z.core.JSONSchema.BaseSchema;

/** Every key of a pipeline file, from its schema: those of groups under `group.key`, of lists under `list[].key`. */
export function pipelineKeys(): string {
  const schema = z.toJSONSchema(fileSchema, { io: 'input', unrepresentable: 'any' });
  return tableOf(['key', 'type', 'default', 'what it is'], rowsOf(schema, ''));
}

function rowsOf({ properties = {}, required = [] }: Schema, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([key, value]) => {
    const property = value as Schema;
    const list = property.type === 'array' ? groupOf((property.items ?? {}) as Schema) : null;
    const group = list ?? groupOf(property);
    const without = required.includes(key)
      ? 'required'
      : property.default === undefined || (group !== null && list === null)
        ? '–'
        : `\`${JSON.stringify(property.default)}\``;
    const row = [`\`${prefix}${key}\``, typeOf(property), without, property.description ?? ''];
    return group === null ? [row] : [row, ...rowsOf(group, `${prefix}${key}${list === null ? '' : '[]'}.`)];
  });
}

/** The keys of a group; a plug-in's options are its own, so that it is none. */
function groupOf(property: Schema): Schema | null {
  const all = [property, ...(property.anyOf ?? [])] as readonly Schema[];
  return (
    all.find(
      ({ properties, additionalProperties }) => properties !== undefined && additionalProperties === false,
    ) ?? null
  );
}

function typeOf(property: Schema): string {
  const { type, enum: choices, const: only, anyOf, items } = property;
  if ((property as { type?: unknown }).type === 'size') return 'size';
  if (only !== undefined) return JSON.stringify(only);
  if (choices !== undefined) return choices.map((choice) => `\`${String(choice)}\``).join(', ');
  if (anyOf !== undefined) return anyOf.map((one) => typeOf(one as Schema)).join(' or ');
  if (type === 'array') return `list of ${typeOf((items ?? {}) as Schema)}`;
  if (type === 'object') return property.properties?.name === undefined ? 'map' : 'plug-in';
  return [type ?? 'any'].flat().join(' or ');
}
