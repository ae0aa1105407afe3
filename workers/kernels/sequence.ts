import type { Operand, SequenceKernels, SequenceRows } from '../../src/core/sequence.js';
import type { NativeAddon } from './native.js';

/** Whole sequences on workers/native/sequence.h. */
export function nativeSequences(addon: NativeAddon): SequenceKernels {
  return {
    name: `native ${addon.choose('')}`,
    addProduct(x, w, out, { rows, inner, columns }) {
      const turned = ('turned' in x ? 1 : 0) + ('turned' in w ? 2 : 0);
      addon.addProduct(numbersOf(x), numbersOf(w), out, rows, inner, columns, turned);
    },
    attend({ n, heads, d, scale }, rows, { out, logs }) {
      addon.sequence(n, heads, d, scale, inOrder(rows), out, logs, null, null);
    },
    attendBack({ n, heads, d, scale }, rows, { out, logs }, byOut, gradients) {
      addon.sequence(n, heads, d, scale, inOrder(rows), out, logs, byOut, inOrder(gradients));
    },
  };
}

const inOrder = ({ q, k1, k2, v1, v2 }: SequenceRows) => [q, k1, k2, v1, v2];

const numbersOf = (operand: Operand) => ('turned' in operand ? operand.turned : operand);
