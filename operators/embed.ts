import { map, type OperatorFunction } from 'rxjs';
import type { HasResidual, TokenEvent } from '../src/core/event.js';
import { Failure } from '../src/core/failure.js';
import type { Run } from '../src/core/run.js';

const ROTARY_BASE = 10_000; // RoFormer, section 3.2.2

/** Settings of `embed`. */
export interface EmbedOptions {
  /** Rotate coordinate pairs by an angle that grows with the position. */
  readonly rotary: boolean;
}

/**
 * Add `x`, (heads·d): a standard normal vector that depends on the seed and the token id alone.
 *
 * With `rotary`, pair i of coordinates is turned by pos / 10000^(2i/(heads·d)), so that equal tokens differ by
 * where they stand. (In a trilinear score this does not depend on distances only, as it would in <q, k>.)
 *
 * @throws Failure `bad-input` when an event has no token id
 */
export function embed<T extends TokenEvent>(
  { shape, random }: Pick<Run, 'shape' | 'random'>,
  { rotary }: EmbedOptions,
): OperatorFunction<T, T & HasResidual> {
  const width = shape.heads * shape.d;
  return map((event) => {
    if (event.tokenId === null) {
      throw new Failure('bad-input', `stream ${event.streamId}, step ${event.step}: no token id to embed`);
    }
    const normal = random('embed', event.tokenId);
    const x = Float32Array.from({ length: width }, () => normal.gaussian());
    if (rotary) rotate(x, event.pos);
    return { ...event, x };
  });
}

function rotate(x: Float32Array, pos: number): void {
  for (let i = 0; i + 1 < x.length; i += 2) {
    const angle = pos / ROTARY_BASE ** (i / x.length);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    [x[i], x[i + 1]] = [x[i] * cos - x[i + 1] * sin, x[i] * sin + x[i + 1] * cos];
  }
}
