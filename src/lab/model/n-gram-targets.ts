import { discountsOf, type Discounts } from './discounts.js';
import { BYTES, countFollowers, weighContexts, type Counts } from './n-gram-counts.js';

/** What an n-gram expects at every place of the text that it is made of. */
export interface NGramTargets {
  /** Fill `into`, (256), with its probabilities of the byte at `at`, this one byte not being counted. */
  fill(at: number, into: Float64Array): void;
}

/**
 * The n-gram of `trainNGram` as a teacher. A teacher that had counted the byte it is asked for would give it away, so its count
 * is taken back each time; discounts stay those of the whole text.
 */
export function leaveOneOutTargets(text: Uint8Array, order: number): NGramTargets {
  const counts = countFollowers(text, order);
  const { totals, kinds, countsOfCounts } = weighContexts(counts);
  const discounts = countsOfCounts.map(discountsOf);
  const followers = followersByContext(counts);
  const path = new Int32Array(order);

  /** Add `factor` times what came after a context, one `left` less; what is over for shorter contexts. */
  function addFollowers(node: number, left: number | null, factor: number, into: Float64Array): number {
    const total = totals[node] - (left === null ? 0 : 1);
    if (total === 0) return factor;
    const discount = discounts[counts.lengths[node]];
    let freed = kinds.reduce((sum, kind, i) => sum + discount[i] * kind[node], 0);
    for (let i = followers.starts[node]; i < followers.starts[node + 1]; i++) {
      const whole = followers.counts[i];
      const count = followers.bytes[i] === left ? whole - 1 : whole;
      freed += taken(count, discount) - taken(whole, discount);
      into[followers.bytes[i]] += (factor / total) * (count - taken(count, discount));
    }
    return (factor * freed) / total;
  }

  return {
    fill(at, into) {
      into.fill(0);
      let [left, factor]: [number | null, number] = [text[at], 1];
      for (let length = findPath(counts, text, at, path); length >= 0; length--) {
        factor = addFollowers(path[length], left, factor, into);
        const alone = counts.followers.get(path[length] * BYTES + text[at]) === 1;
        if (!alone) left = null; // shorter contexts have not counted this byte here: see countFollowers
      }
      for (let byte = 0; byte < BYTES; byte++) into[byte] += factor / BYTES;
    },
  };
}

const taken = (count: number, discount: Discounts) => (count === 0 ? 0 : discount[Math.min(count, 3) - 1]);

/** Nodes of the contexts of 0, 1, … bytes before `at`; the length of the longest. */
function findPath({ children }: Counts, text: Uint8Array, at: number, path: Int32Array): number {
  const longest = Math.min(path.length - 1, at);
  path[0] = 0;
  for (let length = 0; length < longest; length++)
    path[length + 1] = children.get(path[length] * BYTES + text[at - length - 1])!;
  return longest;
}

/** Followers of the context of `node` from starts[node] to starts[node + 1]: a map would be asked 256 times. */
function followersByContext({ followers, lengths }: Counts) {
  const keys = Float64Array.from(followers.keys()).sort();
  const starts = new Int32Array(lengths.length + 1);
  for (const key of keys) starts[Math.floor(key / BYTES) + 1]++;
  for (let node = 0; node < lengths.length; node++) starts[node + 1] += starts[node];
  const bytes = Uint8Array.from(keys, (key) => key % BYTES);
  const counts = Int32Array.from(keys, (key) => followers.get(key)!);
  return { starts, bytes, counts };
}
