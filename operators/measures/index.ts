import type { OperatorPlugin } from '../../src/core/operator.js';
import { keptAtoms } from './kept-atoms.js';
import { massByPosition } from './mass-by-position.js';
import { scoreHistogram } from './score-histogram.js';

/** Operators that a run can add to its flow, in the order of `kronflow list operators`. */
export const operators: readonly OperatorPlugin[] = [massByPosition, scoreHistogram, keptAtoms];

export { keptAtoms, massByPosition, scoreHistogram };
