/** Where a value or key was written. */
export interface Place {
  /** A file as messages name it, or a flag such as `--set tokens=20`. */
  readonly from: string;
  /** From 1; null for a flag. */
  readonly line: number | null;
  readonly column: number | null;
  /** The whole line, for messages; null for a flag. */
  readonly text: string | null;
  /** What a relative path written here is relative to: a folder, itself relative to the working folder. */
  readonly folder: string;
}

/** Where an offset of a text lies. */
export type PlaceAt = (offset: number) => Place;

/** A value of a pipeline file that remembers where it was written, also after includes were merged. */
export type Node = MapNode | ListNode | ScalarNode;

/** A key of a map, and what stands under it. */
export interface Entry {
  readonly place: Place;
  readonly node: Node;
}

/** Keys and values, in the order of the file. */
export interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** A list. */
export interface ListNode {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Node[];
}

/** A number, a text, true, false or null. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: unknown;
  /** What stood there before variables were put in; null when it has none. */
  readonly template?: string;
}

/** Keys and indices from the top of a file to a value. */
export type Path = readonly PropertyKey[];

/** A path as users write it: `caches[1].delta`. */
export function pathText(path: Path): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

/** The value at a path; null where there is none. */
export function nodeAt(node: Node, path: Path): Node | null {
  let at: Node | null = node;
  for (const step of path) at = at === null ? null : childOf(at, step);
  return at;
}

/** The place of a value, or of the nearest one around it that was written; of a key for `what` = `key`. */
export function placeOf(root: Node, path: Path, what: 'key' | 'value' = 'value'): Place {
  for (let length = path.length; length > 0; length--) {
    const found = nodeAt(root, path.slice(0, length));
    if (found === null) continue;
    if (what === 'value' && length === path.length) return found.place;
    const parent = nodeAt(root, path.slice(0, length - 1));
    const key = parent?.kind === 'map' ? parent.entries.get(String(path[length - 1])) : undefined;
    return key?.place ?? found.place;
  }
  return root.place;
}

/** The values alone. */
export function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries([...node.entries].map(([key, { node: value }]) => [key, plain(value)]));
}

/** A copy with every scalar replaced; `path` leads to it. */
export function mapScalars(
  node: Node,
  replace: (scalar: ScalarNode, path: Path) => ScalarNode,
  path: Path = [],
): Node {
  if (node.kind === 'scalar') return replace(node, path);
  if (node.kind === 'list')
    return { ...node, items: node.items.map((item, i) => mapScalars(item, replace, [...path, i])) };
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { ...entry, node: mapScalars(entry.node, replace, [...path, key]) }] as const,
  );
  return { ...node, entries: new Map(entries) };
}

function childOf(node: Node, step: PropertyKey): Node | null {
  if (node.kind === 'map') return node.entries.get(String(step))?.node ?? null;
  return node.kind === 'list' ? (node.items[Number(step)] ?? null) : null;
}
