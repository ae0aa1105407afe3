import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { PipelineFailure } from './problem.js';
import { syntaxProblem } from './syntax.js';
import type { Entry, Node, Place, PlaceAt } from './tree.js';

const MOST_NODES = 100_000; // aliases of aliases grow without bound

/** A file as messages name it, and the folder that paths in it are relative to. */
export interface FileName {
  readonly from: string;
  readonly folder: string;
}

/**
 * Read YAML, or JSON, which is YAML too, as a tree that knows its lines.
 * @throws PipelineFailure `bad-input` for what is not YAML, with line, column and what was probably meant
 */
export function parseTree(text: string, name: FileName): Node {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = placesOf(text, name, lines);
  const problem = syntaxProblem(document, text, placeAt);
  if (problem !== null) throw new PipelineFailure([problem]);
  return toTree(document, placeAt, name);
}

function placesOf(text: string, { from, folder }: FileName, lines: LineCounter): PlaceAt {
  const texts = text.split(/\r?\n/);
  return (offset) => {
    const { line, col: column } = lines.linePos(offset);
    return {
      from,
      folder,
      line: Math.max(1, line),
      column: Math.max(1, column),
      text: texts[line - 1] ?? '',
    };
  };
}

function toTree(document: Document, placeAt: PlaceAt, { from }: FileName): Node {
  let made = 0;
  const open = new Set<unknown>(); // an alias inside of what it names
  const refuse = (place: Place, what: string, hint: string) =>
    new PipelineFailure([{ code: 'bad-input', place, path: [], what, hint }]);
  const convert = (node: unknown, around: Place): Node => {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    const place = range ? placeAt(range[0]) : around;
    if (++made > MOST_NODES)
      throw refuse(place, `more than ${MOST_NODES} values in ${from}`, 'split the file');
    if (isAlias(node)) {
      const meant = node.resolve(document);
      if (meant !== undefined && !open.has(meant)) return { ...convert(meant, place), place };
      throw refuse(
        place,
        `*${node.source} names ${meant ? 'what it stands in' : 'nothing'}`,
        'write the value out',
      );
    }
    if (isScalar(node)) return { kind: 'scalar', place, value: node.value };
    open.add(node);
    try {
      if (isSeq(node)) return { kind: 'list', place, items: node.items.map((item) => convert(item, place)) };
      if (isMap(node)) return { kind: 'map', place, entries: entriesOf(node.items, place) };
      return { kind: 'scalar', place, value: null };
    } finally {
      open.delete(node);
    }
  };
  const entriesOf = (pairs: readonly { key: unknown; value: unknown }[], around: Place) => {
    const entries = new Map<string, Entry>();
    for (const { key, value } of pairs) {
      const { place, ...name } = convert(key, around);
      if (name.kind !== 'scalar')
        throw refuse(place, 'a key must be a name, not a list or map', 'write name: value');
      entries.set(String(name.value), { place, node: convert(value, place) });
    }
    return entries;
  };
  return convert(document.contents, placeAt(0));
}
