import { z } from 'zod';
import { defineCache, type Size, type SizeInput } from '../../src/core/cache.js';
import { attention } from '../../src/core/plan.js';
import { gridFlops, rowsFlops } from './keeping/flops.js';
import { packedWidth } from './keeping/packed-rows.js';
import { quantisedSide, type Quantisation } from './keeping/quantised-side.js';
import { savedTogether } from './keeping/saved-state.js';
import { sideCount, sidesOf } from './keeping/sides.js';

const options = z.object({
  bits: z.literal([8, 4, 2]).default(4).describe('bits of a stored number'),
  group: z
    .int()
    .min(2) // a group of one token is its own scale: nothing is rounded, and memory grows
    .default(32)
    .describe('tokens that share a scale in each channel of their keys'),
  residual: z.int().nonnegative().default(128).describe('most recent tokens kept as they came, at least'),
  channels: z.int().min(2).default(32).describe('channels that share a scale in the value of a token'),
});

/**
 * Keep every token, the older ones in 8, 4 or 2 bits (KIVI): keys per channel, over groups of `group` tokens, because
 * outliers of keys stay in their channels; values per token, in runs of `channels`. Codes are levels between the least
 * and the largest number of a scale. They are the state, packed bit by bit; the oldest whole group is quantised as soon
 * as `residual` newer tokens are there, and part of a group never is.
 *
 * Resident bytes are codes and residual; least and step of every scale are metadata, in full precision where KIVI has
 * 16 bits. At every query all codes are decoded into scratch, O(n·d), since kernels read plain numbers: scratch is as
 * large as an exact cache, which a kernel that reads codes would not need. It is in the trace, and not in the savings.
 *
 * Differs from KIVI: keys and values are quantised at the same time, where KIVI quantises a value as soon as it leaves
 * the residual and a whole residual of keys at once; so between `residual` and residual + group − 1 tokens stay exact.
 */
export const quantised = defineCache(
  {
    name: 'quantised',
    summary: 'keep every token, older ones in 8, 4 or 2 bits: keys per channel in groups, values per token',
    paper: {
      title: 'KIVI: A Tuning-Free Asymmetric 2bit Quantization for KV Cache',
      section: '3.2, asymmetric key and value quantisation',
      url: 'https://arxiv.org/abs/2402.02750',
    },
    options,
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: false,
    formulaText:
      '4·(n−c)·d·b + 4·c·⌈d·bits/(8·b)⌉·b, c = group·⌊(n − residual)/group⌋ tokens in codes (matrix order: half); ' +
      'metadata 4·(c/group)·d·b for keys and 4·c·⌈d/channels⌉·b for values; scratch 4·c·d·b',
    formula: size,
    covering: (n) => ({ residual: n }),
  },
  (quantisation, parts) => {
    const sides = Array.from({ length: sideCount(parts.order) }, () => quantisedSide(quantisation, parts));
    const [side1, side2 = null] = sides;
    const saved = savedTogether(Object.fromEntries(sides.map((side, i) => [`side${i + 1}`, side.saved])));
    return {
      append: (entry) => sidesOf(entry, parts.order).forEach((rows, i) => sides[i].take(rows)),
      plan: () => ({
        jobs: [attention(side1.atoms(), side2?.atoms() ?? null)],
        flops: decodingFlops(side1.quantised(), parts.d) * sides.length,
      }),
      census: () => ({
        ...{ kept1: side1.tokens(), kept2: side2?.tokens() ?? 0, evicted1: 0, evicted2: 0 },
        ...{ clusters1: null, clusters2: null, samples: null },
      }),
      snapshot: saved.snapshot,
      restore: saved.restore,
    };
  },
);

/** A multiply-add for each number of the keys and values of `tokens`. */
function decodingFlops(tokens: number, d: number): number {
  return 4 * tokens * d;
}

function size({ n, d, order, bytesPerNumber }: SizeInput, quantisation: Quantisation): Size {
  const { bits, group, residual, channels } = quantisation;
  const sides = sideCount(order);
  const codes = group * Math.max(0, Math.floor((n - residual) / group));
  const codeNumbers = codes * packedWidth(d, bits, bytesPerNumber);
  const scales = 2 * (codes / group) * d + 2 * codes * Math.ceil(d / channels);
  return {
    residentBytes: 2 * sides * ((n - codes) * d + codeNumbers) * bytesPerNumber,
    metadataBytes: sides * scales * bytesPerNumber,
    scratchBytes: 2 * sides * codes * d * bytesPerNumber,
    flops: (order === 'tensor' ? gridFlops(n, n, d) : rowsFlops(n, d)) + sides * decodingFlops(codes, d),
  };
}
