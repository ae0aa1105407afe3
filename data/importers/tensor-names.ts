import { Failure } from '../../src/core/failure.js';

/** What a tensor can hold. */
export type Part = 'q' | 'k1' | 'k2' | 'v1' | 'v2';

/** What a name tells of a tensor; null where the name does not say. */
export interface NamedPart {
  readonly part: Part;
  readonly stream: number | null;
  readonly layer: number | null;
  readonly head: number | null;
}

const PARTS: Readonly<Record<Part, readonly string[]>> = {
  q: ['q', 'query', 'queries', 'q_proj', 'query_states', 'Qcur'],
  k1: ['k', 'k1', 'key', 'keys', 'key1', 'k_proj', 'key_states', 'Kcur'],
  k2: ['k2', 'key2'],
  v1: ['v', 'v1', 'value', 'values', 'value1', 'v_proj', 'value_states', 'Vcur'],
  v2: ['v2', 'value2'],
};
const PART_OF = new Map(
  (Object.keys(PARTS) as Part[]).flatMap((part) => PARTS[part].map((name) => [name, part] as const)),
);
const PART_NAMES = [...PART_OF.keys()].sort((a, b) => b.length - a.length).join('|');
const FIELDS: Readonly<Record<string, string>> = {
  layer: '(?<layer>\\d{1,6})',
  head: '(?<head>\\d{1,6})',
  stream: '(?<stream>\\d{1,6})',
  part: `(?<part>${PART_NAMES})`,
};
const AFTER = {
  stream: /(?:^|[._/-])(?:streams?|seqs?|sequences?)[._/-]?(\d{1,6})(?![\d])/,
  layer: /(?:^|[._/-])(?:layers?|blocks?|blk|l|h)[._/-]?(\d{1,6})(?![\d])/,
  head: /(?:^|[._/-])(?:heads?)[._/-]?(\d{1,6})(?![\d])/,
};
const LAST_PART = new RegExp(`(?:^|[._/-])(${PART_NAMES})(?:[._/-](?:weight|output|rope|states))?$`);
const LLAMA = new RegExp(`^(Qcur|Kcur|Vcur)-(\\d{1,6})$`);

/** Reads a name; null when it names none of q, k1, k2, v1, v2. */
export type NameReader = (name: string) => NamedPart | null;

/**
 * How tensors are called: `--map 'layers.{layer}.{part}'` with `{layer}`, `{head}`, `{stream}`, `{part}` and `*` for
 * anything. Without a map, the usual names: the last word is the part (`q`, `k_proj`, `value_states` …) and the
 * number after `layers`, `heads`, `streams` is that.
 *
 * @throws Failure `bad-option` for a map without `{part}`, or with a field that does not exist
 */
export function nameReader(map: string | null): NameReader {
  return map === null ? usualName : fromMap(map);
}

function usualName(name: string): NamedPart | null {
  const llama = LLAMA.exec(name);
  if (llama !== null)
    return { part: PART_OF.get(llama[1])!, stream: null, layer: Number(llama[2]), head: null };
  const part = LAST_PART.exec(name);
  if (part === null) return null;
  const number = (after: RegExp) => {
    const found = after.exec(name);
    return found === null ? null : Number(found[1]);
  };
  return {
    part: PART_OF.get(part[1])!,
    stream: number(AFTER.stream),
    layer: number(AFTER.layer),
    head: number(AFTER.head),
  };
}

function fromMap(map: string): NameReader {
  const seen = new Set<string>();
  const fail = (what: string) =>
    new Failure(
      'bad-option',
      `--map ${map}: ${what}`,
      `fields: {layer}, {head}, {stream}, {part}; * is anything`,
    );
  const pattern = map.replace(/\{([^{}]*)\}|\*|[^{*]+|\{/g, (piece, field: string | undefined) => {
    if (piece === '*') return '.*?';
    if (field === undefined) return piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    if (!Object.hasOwn(FIELDS, field)) throw fail(`{${field}} does not exist`);
    if (seen.has(field)) throw fail(`{${field}} stands twice`);
    seen.add(field);
    return FIELDS[field];
  });
  if (!seen.has('part')) throw fail('{part} is missing');
  const whole = new RegExp(`^${pattern}$`);
  return (name) => {
    const groups = whole.exec(name)?.groups;
    if (groups === undefined) return null;
    const number = (text: string | undefined) => (text === undefined ? null : Number(text));
    return {
      part: PART_OF.get(groups.part)!,
      ...{ stream: number(groups.stream), layer: number(groups.layer), head: number(groups.head) },
    };
  };
}
