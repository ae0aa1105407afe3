import { rowOf } from '../matrix.js';
import type { Attention, AttentionOptions } from './attention.js';
import { exactSweep } from './exact-sweep.js';

/**
 * Exact tensor attention and its gradient, one query after the other (math.md 6.2): no matrix has n1·n2 columns. Time
 * O(n·n1·n2·d), memory O(n1·n2 + n·d) whatever the number of queries.
 */
export function exactAttention(options: AttentionOptions): Attention {
  return {
    forward(rows) {
      const sweep = exactSweep(rows, options);
      for (let j = 0; j < rows.q.rows; j++) sweep.ask(j);
      return sweep.outputs;
    },
    backward(rows, byOutput) {
      const sweep = exactSweep(rows, options);
      for (let j = 0; j < rows.q.rows; j++) {
        sweep.ask(j);
        sweep.give(j, rowOf(byOutput, j));
      }
      return sweep.gradients;
    },
  };
}
