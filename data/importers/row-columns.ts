import { Failure } from '../../src/core/failure.js';
import { didYouMean } from '../../src/core/nearest.js';

/** Columns that rows can bring. */
export const ROW_COLUMNS = [
  'stream_id',
  'pos',
  'token_id',
  'layer',
  'head',
  'q',
  'k1',
  'k2',
  'v1',
  'v2',
] as const;
type RowColumn = (typeof ROW_COLUMNS)[number];

/** What other programs call them. */
const ALIASES: Readonly<Record<string, RowColumn>> = {
  ...{ k: 'k1', key: 'k1', keys: 'k1', v: 'v1', value: 'v1', values: 'v1', query: 'q', queries: 'q' },
  ...{ position: 'pos', token: 'token_id', stream: 'stream_id', layer_idx: 'layer', head_idx: 'head' },
};

/**
 * Which column of a file is which of ours: `--map k1=key,v1=value`, then the names themselves, then usual ones.
 * Returns ours → theirs, for those that are there.
 *
 * @throws Failure `bad-option` for a map that names what is not there
 */
export function columnMap(names: readonly string[], map: string | null): ReadonlyMap<RowColumn, string> {
  const found = new Map<RowColumn, string>();
  for (const part of map === null ? [] : map.split(',')) {
    const [ours, theirs] = part.split('=').map((side) => side.trim());
    if (!(ROW_COLUMNS as readonly string[]).includes(ours))
      throw new Failure('bad-option', `--map ${part}: "${ours}" is no column`, didYouMean(ours, ROW_COLUMNS));
    if (theirs === undefined || !names.includes(theirs))
      throw new Failure(
        'bad-option',
        `--map ${part}: the file has no column "${theirs ?? ''}"`,
        didYouMean(theirs ?? '', names),
      );
    found.set(ours as RowColumn, theirs);
  }
  for (const name of ROW_COLUMNS) if (names.includes(name) && !found.has(name)) found.set(name, name);
  for (const name of names) {
    const ours = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
    if (ours !== undefined && !found.has(ours)) found.set(ours, name);
  }
  return found;
}
