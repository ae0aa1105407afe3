import { constants } from 'node:buffer';
import { totalmem } from 'node:os';
import { Failure } from '../src/core/failure.js';
import { formatBytes } from '../src/core/format.js';
import type { ModelShape } from '../src/core/shape.js';

const FLOAT_BYTES = 4;

/**
 * Refuse projection weights that this machine cannot hold. They are no caches, so no budget counts them: each
 * matrix, (heads·d × heads·d), must fit into one typed array, and all of them into half of the machine's memory.
 *
 * @throws Failure `out-of-memory`
 */
export function checkWeights(
  { layers, heads, d, order }: Pick<ModelShape, 'layers' | 'heads' | 'd' | 'order'>,
  machineBytes = totalmem(),
): void {
  const matrices = order === 'tensor' ? 5 : 3; // of q, k1, v1 (k2, v2)
  const one = (heads * d) ** 2 * FLOAT_BYTES;
  const all = layers * matrices * one;
  if (one <= constants.MAX_LENGTH && all <= machineBytes / 2) return;
  const over =
    one > constants.MAX_LENGTH
      ? `one of them ${formatBytes(one)}, more than one array can hold (${formatBytes(constants.MAX_LENGTH)})`
      : `more than half of this machine's ${formatBytes(machineBytes)}`;
  throw new Failure(
    'out-of-memory',
    `projection weights would take ${formatBytes(all)} at heads = ${heads}, d = ${d}, layers = ${layers}: ` +
      `${matrices}·layers·(heads·d)²·${FLOAT_BYTES} bytes; ${over}`,
    'lower --heads, --d or --layers; --memory counts only caches',
  );
}
