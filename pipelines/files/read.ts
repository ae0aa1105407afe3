import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { inputFailure } from '../../data/sources/input-file.js';
import { Failure } from '../../src/core/failure.js';
import { merge } from './merge.js';
import { parseTree } from './parse.js';
import { PipelineFailure } from './problem.js';
import { nodeAt, type MapNode, type Node, type Place, type ScalarNode } from './tree.js';
import { fillVariables, type Environment } from './variables.js';

const VERSION = 1;

/**
 * Read a pipeline file with everything it includes, variables filled in.
 * @throws PipelineFailure, or Failure `not-found` when the file itself is not there
 */
export async function readTree(path: string, env: Environment): Promise<MapNode> {
  return readFrom(path, env, []);
}

/** `chain`: the files that led here, each including the next. */
async function readFrom(path: string, env: Environment, chain: readonly string[]): Promise<MapNode> {
  const from = relative(process.cwd(), resolve(path)) || path;
  const text = await readFile(path, 'utf8').catch(async (error: unknown) => {
    throw await inputFailure(error, from);
  });
  const parsed = asMap(parseTree(text, { from, folder: dirname(from) }), from);
  return completeTree(parsed, path, env, chain);
}

/** A pipeline as it stands in the file `path`, with variables filled in and everything it includes. */
export async function completeTree(
  parsed: MapNode,
  path: string,
  env: Environment,
  chain: readonly string[] = [],
): Promise<MapNode> {
  if (isDescription(parsed)) return parsed; // a run.json holds what was meant, not what is to be filled in
  const { from } = parsed.place;
  const tree = fillVariables(parsed, env) as MapNode;
  refuseOtherVersion(tree, from);
  const including = [...chain, resolve(path)];
  let base: Node | null = null;
  for (const { value, place } of includesOf(tree)) {
    const file = join(place.folder, String(value));
    refuseCircle(file, place, including);
    const included: Node = await readFrom(file, env, including).catch((error: unknown) => {
      throw located(error, place);
    });
    base = base === null ? included : merge(base, included);
  }
  const own = { ...tree, entries: new Map([...tree.entries].filter(([key]) => key !== 'include')) };
  return (base === null ? own : merge(base, own)) as MapNode;
}

/** run.json of a trace, or what `run --dry-run --json` prints: the config of a run and what is known of it. */
export function isDescription(tree: MapNode): boolean {
  return !tree.entries.has('kronflow') && tree.entries.get('config')?.node.kind === 'map';
}

function asMap(tree: Node, from: string): MapNode {
  if (tree.kind === 'map') return tree;
  const empty = tree.kind === 'scalar' && tree.value === null;
  throw new PipelineFailure([
    {
      ...{ code: 'bad-input', place: tree.place, path: [] },
      what: empty ? 'the file is empty' : 'a pipeline is a map of keys, this is none',
      hint: `begin with kronflow: 1, then source: and caches: (kronflow schema lists every key); to decode ${from} as a text: --source text:path=${from}`,
    },
  ]);
}

function refuseOtherVersion(tree: MapNode, from: string): void {
  const version = tree.entries.get('kronflow');
  const found = version?.node.kind === 'scalar' ? version.node.value : undefined;
  if (found === VERSION) return;
  const place = version?.node.place ?? tree.place;
  throw new PipelineFailure([
    version === undefined
      ? {
          ...{ code: 'bad-input', place, path: [], what: 'the version of the format is missing' },
          hint: `write kronflow: ${VERSION} in the first line; to decode ${from} as a text: --source text:path=${from}`,
        }
      : {
          ...{ code: 'bad-input', place, path: ['kronflow'], value: found },
          what: `kronflow = ${JSON.stringify(found) ?? 'a map'}: this kronflow reads version ${VERSION} of pipeline files`,
          hint: `write kronflow: ${VERSION}, or use the release that the file was made for`,
        },
  ]);
}

function includesOf(tree: MapNode): readonly ScalarNode[] {
  const node = nodeAt(tree, ['include']);
  if (node === null) return [];
  const items = node.kind === 'list' ? node.items : [node];
  return items.map((item) => {
    if (item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '') return item;
    throw new PipelineFailure([
      {
        ...{ code: 'bad-option', place: item.place, path: ['include'] },
        what: 'include names a file, or a list of files',
        hint: 'write include: base.yaml',
      },
    ]);
  });
}

function refuseCircle(file: string, place: Place, chain: readonly string[]): void {
  const at = chain.indexOf(resolve(file));
  if (at < 0) return;
  const circle = [...chain.slice(at), resolve(file)].map((one) => relative(process.cwd(), one));
  throw new PipelineFailure([
    {
      ...{ code: 'bad-input', place, path: ['include'] },
      what: `the files include each other in a circle: ${circle.join(' → ')}`,
      hint: 'take one of these includes away; what both need can go into a third file',
    },
  ]);
}

/** A file that is not there is the mistake of who includes it. */
function located(error: unknown, place: Place): unknown {
  if (!(error instanceof Failure) || error instanceof PipelineFailure) return error;
  const { code, what, hint = 'check the path: it is relative to this file' } = error;
  return new PipelineFailure([{ code, place, path: ['include'], what, hint }], { cause: error });
}
