import type { OperatorPlugin } from '../../src/core/operator.js';

/** Operators that a run can add to its flow, in the order of `kronflow list operators`. */
export const operators: readonly OperatorPlugin[] = [];
