/** What `parseKvHeads` asks for, in words. */
export const KV_HEADS_RULE =
  'a list such as [0,0,1,1]: of every query head its key-value head, counted from 0 in the order of first use';

/** Read a map of query heads to key-value heads; null if it is none. */
export function parseKvHeads(text: string): readonly number[] | null {
  if (!/^\[\d{1,6}(,\d{1,6})*\]$/.test(text)) return null;
  const map = JSON.parse(text) as number[];
  let next = 0;
  for (const head of map) {
    if (head > next) return null;
    if (head === next) next++;
  }
  return map;
}

/** Of every query head the one that holds its keys and values: the first that shares them. */
export function ownersOf(kvHeads: readonly number[]): readonly number[] {
  return kvHeads.map((kvHead) => kvHeads.indexOf(kvHead));
}
