import type { Stream, Token } from './streams.js';

/**
 * The pairs of the first n tokens as a stream of matrix order, in the order in which tokens bring them (math.md 1.5,
 * written from its text): with token m the pairs (m, 0) … (m, m), then (0, m) … (m−1, m). All carry the query of the
 * last token.
 */
export function pairStream(stream: Stream, n: number): Stream {
  if (stream.order === 'matrix') return stream;
  const { q } = stream.tokens[n - 1];
  const times = (x: Float64Array, y: Float64Array | null) => x.map((value, t) => value * y![t]);
  const pair = (a: number, b: number): Token => {
    const [one, two] = [stream.tokens[a], stream.tokens[b]];
    return { q, k1: times(one.k1, two.k2), v1: times(one.v1, two.v2), k2: null, v2: null };
  };
  const tokens = Array.from({ length: n }, (_, m) => [
    ...Array.from({ length: m + 1 }, (_, b) => pair(m, b)),
    ...Array.from({ length: m }, (_, a) => pair(a, m)),
  ]).flat();
  return { ...stream, order: 'matrix', tokens };
}
