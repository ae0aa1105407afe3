import type { Atoms, Matrix } from '../../../src/core/plan.js';

/** The atoms of both, one after the other: a job may read rows from several places. */
export function joinAtoms(first: Atoms, second: Atoms): Atoms {
  const weights = [first.logWeights, second.logWeights];
  if (weights.includes(null) && (weights[0] ?? weights[1]) !== null) {
    throw new RangeError('atoms with weights beside atoms without');
  }
  return {
    keys: join(first.keys, second.keys),
    values: join(first.values, second.values),
    logWeights: first.logWeights && second.logWeights && join(first.logWeights, second.logWeights),
  };
}

function join(a: Matrix, b: Matrix): Matrix {
  return { width: a.width, count: a.count + b.count, spans: [...a.spans, ...b.spans] };
}
