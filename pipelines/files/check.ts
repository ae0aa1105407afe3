import type { z } from 'zod';
import { isFailure } from '../../src/core/failure.js';
import { didYouMean } from '../../src/core/nearest.js';
import { ENTRY_KEYS, type PluginKind } from '../../src/core/plugin.js';
import { pluginOf, type Registry } from '../registry.js';
import { ENTRY_LISTS, fileSchema, type NamedEntry, type PipelineFile } from './file-schema.js';
import type { Problem } from './problem.js';
import { ruleOf, valueText } from './rule.js';
import { nodeAt, pathText, placeOf, plain, type MapNode, type Path } from './tree.js';

/** What a file comes to, or everything that is wrong with it. */
export type Checked = { readonly file: PipelineFile } | { readonly problems: readonly Problem[] };

/** Hold a file against its schema: all but the options of plug-ins, whose names may have to be loaded first. */
export function checkShape(tree: MapNode): Checked {
  const parsed = fileSchema.safeParse(plain(tree));
  if (!parsed.success)
    return { problems: parsed.error.issues.flatMap((issue) => problemsOf(tree, [], issue, fileSchema)) };
  const file = parsed.data;
  if (file.caches !== undefined || file.budgets !== undefined) return { file };
  const what = 'caches is missing: there is nothing to keep the entries';
  const hint = 'write caches: and below it - name: subgen4 (kronflow list caches shows them all)';
  return { problems: [{ code: 'bad-option', place: tree.place, path: [], what, hint }] };
}

/** Every plug-in that a file names, where, and with which options. */
export function entriesOf(file: PipelineFile) {
  const lists = (['operators', 'caches', 'sinks'] as const).flatMap((list) =>
    (file[list] ?? []).map((entry, i) => ({ kind: ENTRY_LISTS[list], path: [list, i] as Path, entry })),
  );
  return [{ kind: 'source' as const, path: ['source'] as Path, entry: file.source }, ...lists];
}

/** The options of an entry, without what the entry says of itself. */
export function optionsOf(kind: PluginKind, entry: NamedEntry): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !ENTRY_KEYS[kind].includes(key)));
}

/** Hold every plug-in that is named against what there is, and its options against its schema. */
export function checkEntries(tree: MapNode, file: PipelineFile, registry: Registry): readonly Problem[] {
  return entriesOf(file).flatMap(({ kind, path, entry }): readonly Problem[] => {
    try {
      const { spec } = pluginOf(registry, kind, entry.name);
      const schema = spec.options.def.catchall ? spec.options : spec.options.strict();
      const parsed = schema.safeParse(optionsOf(kind, entry));
      const who = `${kind} ${spec.name}`;
      return parsed.error?.issues.flatMap((issue) => problemsOf(tree, path, issue, schema, who)) ?? [];
    } catch (error) {
      if (!isFailure(error)) throw error;
      const at = [...path, 'name'];
      const { code, what, hint = 'kronflow list shows what there is' } = error;
      return [{ code, place: placeOf(tree, at), path: at, value: entry.name, what, hint }];
    }
  });
}

/** What an issue of a schema means for the file, `base` being where the schema begins. */
export function problemsOf(
  tree: MapNode,
  base: Path,
  issue: z.core.$ZodIssue,
  schema: z.ZodObject,
  who?: string,
): readonly Problem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => unknownKey(tree, [...path, key], known, who));
  }
  const node = nodeAt(tree, path);
  const value = node === null ? undefined : plain(node);
  const template = node?.kind === 'scalar' ? node.template : undefined;
  const place = placeOf(tree, path);
  const known = keysAt(schema, issue.path.slice(0, -1));
  const options =
    who === undefined ? 'kronflow schema lists every key' : `options of ${who}: ${known.join(', ')}`;
  if (value === undefined) {
    const what = `${pathText(path)} is missing`;
    return [
      {
        code: 'bad-option',
        place,
        path: path.slice(0, -1),
        what: who === undefined ? what : `${what}: ${who} needs it`,
        hint: options,
      },
    ];
  }
  const { rule, hint } = { ...ruleOf(issue, value, options), ...entryListHint(issue, path, value) };
  const of = who === undefined ? '' : ` (${who})`;
  const said = `${valueText(pathText(path), value, template)}: ${rule}${of}`;
  return [{ code: 'bad-option', place, path, value, what: said, hint }];
}

/** A plug-in where a list of them belongs: its name alone in brackets would be the next mistake. */
function entryListHint(issue: z.core.$ZodIssue, path: Path, value: unknown): { hint?: string } {
  const wantsList = issue.code === 'invalid_type' && issue.expected === 'array';
  if (!wantsList || typeof value !== 'string' || !(String(path[0]) in ENTRY_LISTS)) return {};
  return { hint: `write it as a list: [{ name: ${value} }]` };
}

function unknownKey(tree: MapNode, path: Path, known: readonly string[], who?: string): Problem {
  const key = String(path.at(-1));
  const of = who === undefined ? '' : ` of ${who}`;
  const what = `${pathText(path)}: unknown ${who === undefined ? 'key' : 'option'} "${key}"${of}`;
  const place = placeOf(tree, path, 'key');
  return { code: 'bad-option', place, path, what, hint: indentHint(tree, path) ?? hintFor(key, known, who) };
}

function hintFor(key: string, known: readonly string[], who: string | undefined): string {
  if (key === '<<') return 'YAML 1.2 has no merge keys: write the keys out, or use include';
  return known.length > 0 ? didYouMean(key, known) : `${who ?? 'this'} takes no options`;
}

/** A key at the top of a file, below an empty one that wants keys, has lost its indentation. */
function indentHint(tree: MapNode, path: Path): string | null {
  if (path.length !== 1) return null;
  const keys = [...tree.entries.keys()];
  const above = keys.slice(0, keys.indexOf(String(path[0]))).findLast((key) => key in fileSchema.shape);
  const node = above === undefined ? undefined : tree.entries.get(above)!.node;
  if (node?.kind !== 'scalar' || node.value !== null) return null;
  return `${above} is empty: indent this line under it, if it belongs there`;
}

/** Keys that a schema knows at a path; none where it is not a map of known keys. */
function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  let at: unknown = unwrap(schema);
  for (const step of path) {
    const { shape, element } = at as { shape?: Record<string, z.core.$ZodType>; element?: z.core.$ZodType };
    at = unwrap(shape?.[String(step)] ?? element);
  }
  return Object.keys((at as { shape?: object } | undefined)?.shape ?? {});
}

/** The schema inside of defaults and nulls. */
function unwrap(schema: unknown): unknown {
  const inner = (schema as { def?: { innerType?: unknown } } | undefined)?.def?.innerType;
  return inner === undefined ? schema : unwrap(inner);
}
