import { describe, expect, it } from 'vitest';
import { crossEntropy, type SoftTargets } from './cross-entropy.js';

const logits = () => Float64Array.of(0.3, -1.2, 2, 0.1, 1.5, -0.4) as unknown as Float32Array; // 2 rows, 3 tokens
const EXPECTED = [
  [0.2, 0.5, 0.3],
  [0.7, 0.1, 0.2],
];

describe('cross entropy', () => {
  it.each([0, 0.4, 1])('has the gradient by differences, %f of each target by a teacher', (share) => {
    const soft: SoftTargets = { share, fill: (row, into) => into.set(EXPECTED[row]) };
    const gradient = logits();
    crossEntropy(gradient, [2, 0], 0.5, soft);
    for (let i = 0; i < gradient.length; i++) {
      const moved = (by: number) => mixed(logits().with(i, logits()[i] + by), share);
      expect(gradient[i]).toBeCloseTo((0.5 * (moved(1e-5) - moved(-1e-5))) / 2e-5, 9);
    }
  });

  it('says of the next tokens what it says without a teacher', () => {
    const soft: SoftTargets = { share: 0.4, fill: (row, into) => into.set(EXPECTED[row]) };
    const gradient = logits();
    const losses = crossEntropy(gradient, [2, -1], 1, soft);
    expect([...losses]).toEqual([...crossEntropy(logits(), [2, -1], 1)]);
    expect(losses[0]).toBeCloseTo(-logProbability(logits(), 0, 2), 12);
    expect([losses[1], ...gradient.subarray(3)]).toEqual([0, 0, 0, 0]); // nobody asked
  });
});

/** Cross entropy with targets of which `share` is EXPECTED, from its definition. */
function mixed(all: Float32Array, share: number): number {
  const targets = [2, 0].map((next, row) =>
    EXPECTED[row].map((p, t) => share * p + (t === next ? 1 - share : 0)),
  );
  return -targets.flat().reduce((sum, p, i) => sum + p * logProbability(all, Math.floor(i / 3), i % 3), 0);
}

function logProbability(all: Float32Array, row: number, token: number): number {
  const of = [...all.subarray(3 * row, 3 * row + 3)];
  return of[token] - Math.log(of.reduce((sum, x) => sum + Math.exp(x), 0));
}
