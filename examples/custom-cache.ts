// A cache of your own. Run it beside ours, and let the conformance tests look at it:
//   npx kronflow run -c four-cache -c window:size=64 -c ./dist/examples/custom-cache.js#strided:stride=8
import { z } from 'zod';
import { atoms, attention, defineCache, type CacheParts, type Entry, type Snapshot } from 'kronflow';

/**
 * Keep the last `recent` tokens of each side, and of the older ones every so many-th: position 0, stride, 2·stride, ….
 */
export const strided = defineCache(
  {
    name: 'strided',
    summary: 'keep recent tokens, and of older ones every so many-th',
    paper: null,
    options: z.object({
      recent: z.int().min(1).default(32).describe('most recent tokens, all kept'),
      stride: z.int().min(1).default(8).describe('of older tokens one in so many is kept'),
    }),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: true, // its answer is exact attention over the tokens it keeps
    formulaText: '4·kept·d·b, kept = min(n, recent) + ⌈(n − recent)/stride⌉ (matrix order: 2·kept·d·b)',
    formula({ n, d, order, bytesPerNumber }, { recent, stride }) {
      const kept = Math.min(n, recent) + Math.ceil(Math.max(0, n - recent) / stride);
      const sides = order === 'tensor' ? 2 : 1;
      const flops = order === 'tensor' ? 4 * kept * kept * d : 4 * kept * d;
      return {
        residentBytes: 2 * sides * kept * d * bytesPerNumber,
        metadataBytes: 0,
        scratchBytes: 0,
        flops,
      };
    },
    covering: (n) => ({ recent: n }),
  },
  ({ recent, stride }, parts) => {
    const one = twoMatrices(parts);
    const two = parts.order === 'tensor' ? twoMatrices(parts) : null;
    let [seen, positions]: [number, number[]] = [0, []]; // the token of each slot; follows from stride, so it is free

    return {
      append({ k1, v1, k2, v2 }: Entry) {
        const old = seen - recent; // it stops being recent now
        const slot = old < 0 || old % stride === 0 ? positions.length : positions.indexOf(old);
        one.put(slot, k1, v1);
        if (two !== null) two.put(slot, k2!, v2!);
        positions[slot] = seen++;
      },
      plan: () => ({ jobs: [attention(one.atoms(), two?.atoms() ?? null)] }),
      positions: () => ({ side1: [...positions], side2: two === null ? [] : [...positions] }),
      census() {
        const [kept, evicted] = [positions.length, seen - positions.length];
        const side2 = two === null ? { kept2: 0, evicted2: 0 } : { kept2: kept, evicted2: evicted };
        return { kept1: kept, evicted1: evicted, ...side2, clusters1: null, clusters2: null, samples: null };
      },
      snapshot: () => ({ ...one.save('1'), ...two?.save('2'), seen: [seen], positions: [...positions] }),
      restore(snapshot) {
        one.restore(snapshot, '1');
        two?.restore(snapshot, '2');
        [seen, positions] = [snapshot.seen[0], Array.from(snapshot.positions)];
      },
    };
  },
);

/** Keys and values of one side, (kept × d) each, in the memory that all threads read. Asking for rows is what is charged. */
function twoMatrices(parts: CacheParts) {
  const [keys, values] = [parts.rows(parts.d), parts.rows(parts.d)];
  return {
    atoms: () => atoms(keys, values),
    put(slot: number, k: Entry['k1'], v: Entry['v1']) {
      if (slot === keys.count) {
        keys.append(k);
        values.append(v);
      } else {
        keys.write(slot, k);
        values.write(slot, v);
      }
    },
    save: (side: string): Snapshot => ({
      [`keys${side}`]: keys.snapshot(),
      [`values${side}`]: values.snapshot(),
    }),
    restore(snapshot: Snapshot, side: string) {
      keys.restore(snapshot[`keys${side}`] as Float32Array);
      values.restore(snapshot[`values${side}`] as Float32Array);
    },
  };
}
