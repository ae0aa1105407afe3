import type { Plot } from '../plot.js';
import { bytesN } from './bytes-n.js';
import { errorStep } from './error-step.js';
import { pareto } from './pareto.js';

/** Every plot, in the order of a report. A new one is one more line here. */
export const plots: readonly Plot[] = [pareto, errorStep, bytesN];
