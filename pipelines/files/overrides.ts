import { Failure } from '../../src/core/failure.js';
import { didYouMean } from '../../src/core/nearest.js';
import { builtIn } from '../registry.js';
import { fileSchema } from './file-schema.js';
import { parseTree } from './parse.js';
import { PipelineFailure } from './problem.js';
import {
  nodeAt,
  pathText,
  plain,
  type Entry,
  type MapNode,
  type Node,
  type Path,
  type Place,
} from './tree.js';
import { typed } from './variables.js';

/** A value that the command line puts in the place of what a file says. */
export interface Override {
  readonly path: Path;
  readonly value: unknown;
  /** As the user typed it: `--tokens`, or the whole of `--set tokens=20`. */
  readonly from: string;
  /** A size of the model, which some sources take as an option of theirs. */
  readonly sourceOption?: true;
}

const STEP = /\[(\d+)\]|(?:^|\.)([^.[\]=\s]+)/y;

/**
 * Read `caches[1].delta=0.3`. The value is typed as YAML types it; lists and maps are written [a, b] and {a: 1}.
 * @throws Failure `bad-option` when it is not of that form
 */
export function parseSet(text: string): Override {
  const equals = text.indexOf('=');
  const path = equals < 1 ? null : parsePath(text.slice(0, equals).trim());
  if (path === null) {
    throw new Failure(
      'bad-option',
      `--set ${text}: not of the form path=value`,
      'write --set tokens=20 or --set caches[1].delta=0.3',
    );
  }
  const value = text.slice(equals + 1).trim();
  const isGroup = /^[[{]/.test(value);
  return { path, from: `--set ${text}`, value: isGroup ? groupOf(value, text) : typed(value, path) };
}

/** Read `caches[1].delta`; null when it is not of that form. */
export function parsePath(text: string): Path | null {
  const path: PropertyKey[] = [];
  STEP.lastIndex = 0;
  for (let at = 0; at < text.length; at = STEP.lastIndex) {
    const match = STEP.exec(text);
    if (match === null) return null;
    path.push(match[1] === undefined ? match[2] : Number(match[1]));
  }
  return typeof path[0] === 'string' ? path : null;
}

function groupOf(value: string, text: string): unknown {
  try {
    return plain(parseTree(value, { from: `--set ${text}`, folder: '' }));
  } catch (error) {
    if (!(error instanceof PipelineFailure)) throw error;
    const [{ what }] = error.problems;
    throw new Failure('bad-option', `--set ${text}: ${what}`, 'write lists as [a, b] and maps as {a: 1}');
  }
}

/**
 * A tree with these values put in, each at home in its flag. Maps that are missing on the way are made.
 * @throws PipelineFailure `bad-option` for an index that is not there, or a path through what is no map
 */
export function override(tree: MapNode, overrides: readonly Override[]): MapNode {
  return overrides.reduce<Node>((at, one) => put(at, homeOf(at, one), 0), tree) as MapNode;
}

function homeOf(tree: Node, one: Override): Override {
  const key = String(one.path.at(-1));
  const name = nodeAt(tree, ['source', 'name']);
  const found = builtIn.sources.find(({ spec }) => name?.kind === 'scalar' && spec.name === name.value);
  const isTaken = one.sourceOption === true && key in (found?.spec.options.shape ?? {});
  return isTaken ? { ...one, path: ['source', key] } : one;
}

function put(node: Node | null, one: Override, depth: number): Node {
  const { path, value, from } = one;
  const place: Place = { from, line: null, column: null, text: null, folder: '' };
  if (depth === path.length) return asTree(value, place);
  const refused = notThere(node, path, depth);
  if (refused !== null) {
    const [what, hint] = refused;
    throw new PipelineFailure([{ code: 'bad-option', place, path: [], value, what, hint }]);
  }
  const step = path[depth];
  if (node?.kind === 'list') {
    const items = node.items.map((item, i) => (i === step ? put(item, one, depth + 1) : item));
    return { ...node, items };
  }
  const entries = new Map<string, Entry>(node?.kind === 'map' ? node.entries : []);
  const below = entries.get(String(step));
  entries.set(String(step), {
    place: below?.place ?? place,
    node: put(below?.node ?? null, one, depth + 1),
  });
  return { kind: 'map', place: node?.place ?? place, entries };
}

/** Why the next step of a path does not lead on from `node`, and what to write instead; null when it does. */
function notThere(
  node: Node | null,
  path: Path,
  depth: number,
): readonly [what: string, hint: string] | null {
  const step = path[depth];
  const here = pathText(path.slice(0, depth));
  if (typeof step === 'number') {
    const top = String(path[0]);
    if (!(top in fileSchema.shape))
      return [`unknown key "${top}"`, didYouMean(top, Object.keys(fileSchema.shape))];
    if (node?.kind !== 'list') return [`${here} is no list`, `write ${here}=[…] for a new one`];
    const { length } = node.items;
    if (step < length) return null;
    const what = `${here} has ${length === 1 ? '1 entry' : `${length} entries`}, so there is no ${here}[${step}]`;
    return [what, length === 0 ? `write ${here}=[…]` : `the last is ${here}[${length - 1}]`];
  }
  if (node?.kind === 'list')
    return [`${here} is a list of ${node.items.length}`, `write ${here}[0].${String(step)}=…`];
  const isValue = node?.kind === 'scalar' && node.value !== null;
  return isValue ? [`${here} is a value, and has no ${String(step)}`, `write ${here}=…`] : null;
}

function asTree(value: unknown, place: Place): Node {
  if (Array.isArray(value)) return { kind: 'list', place, items: value.map((item) => asTree(item, place)) };
  if (typeof value !== 'object' || value === null) return { kind: 'scalar', place, value };
  const entries = Object.entries(value).map(
    ([key, one]) => [key, { place, node: asTree(one, place) }] as const,
  );
  return { kind: 'map', place, entries: new Map(entries) };
}
