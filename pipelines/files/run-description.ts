import { ENTRY_LISTS } from './file-schema.js';
import { PipelineFailure } from './problem.js';
import { mapScalars, nodeAt, type Entry, type MapNode, type Node } from './tree.js';

/**
 * The config of a run.json as a pipeline file: options beside the names, nulls of lists that it does not have left out. Paths in
 * it are relative to the working folder, where the run was.
 */
export function pipelineOf(description: MapNode): MapNode {
  const config = nodeAt(description, ['config']) as MapNode;
  const flat = new Map([...config.entries].map(([key, entry]) => [key, flattened(key, entry)]));
  if (!flat.has('kronflow')) {
    throw new PipelineFailure([
      {
        ...{ code: 'bad-input', place: config.place, path: ['config'] },
        what: 'its config does not say which version of kronflow it is for',
        hint: 'name the run.json that a run left in its trace',
      },
    ]);
  }
  const tree = { ...config, entries: flat };
  return mapScalars(tree, (scalar) => ({ ...scalar, place: { ...scalar.place, folder: '' } })) as MapNode;
}

function flattened(key: string, entry: Entry): Entry {
  const { node } = entry;
  if (key === 'source') return { ...entry, node: beside(node) };
  if (key in ENTRY_LISTS && node.kind === 'list')
    return { ...entry, node: { ...node, items: node.items.map(beside) } };
  return entry;
}

/** `{ name, options: { delta } }` as `{ name, delta }`. */
function beside(node: Node): Node {
  if (node.kind !== 'map') return node;
  const options = node.entries.get('options')?.node;
  if (options?.kind !== 'map') return node;
  const own = [...node.entries].filter(([key]) => key !== 'options');
  return { ...node, entries: new Map([...own, ...options.entries]) };
}
