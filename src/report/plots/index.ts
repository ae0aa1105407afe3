import type { Plot } from '../plot.js';
import { boundsPlot } from './bounds.js';
import { bytesN } from './bytes-n.js';
import { errorStep } from './error-step.js';
import { fano } from './fano.js';
import { heads } from './heads.js';
import { keptPositions } from './kept-positions.js';
import { kept } from './kept.js';
import { mass } from './mass.js';
import { needle } from './needle.js';
import { pareto } from './pareto.js';
import { perplexity } from './perplexity.js';
import { scores } from './scores.js';
import { surprise } from './surprise.js';
import { threads } from './threads.js';
import { timeN } from './time-n.js';
import { timeSplit } from './time-split.js';

/** Every plot, in the order of a report. A new one is one more line here. */
export const plots: readonly Plot[] = [
  ...[perplexity, pareto, surprise, errorStep, bytesN, timeN, boundsPlot, scores, mass, heads],
  ...[kept, keptPositions, needle, timeSplit, threads, fano],
];
