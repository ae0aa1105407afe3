import { parametersOf, type LanguageModelShape, type Parameter } from '../../core/language-model.js';
import type { SequenceKernels } from '../../core/sequence.js';
import { orthogonalise } from './muon.js';
import { viewsOf } from './parameters.js';

/** How weights are moved. */
export interface OptimiserOptions {
  /** Of the running mean of gradients. */
  readonly momentum: number;
  /** Of the running mean of their squares; for tables. */
  readonly squares: number;
  /** Share of each number that is taken away per step and unit of rate. */
  readonly decay: number;
}

/** Values that trained the models of data/models. */
export const OPTIMISER: OptimiserOptions = { momentum: 0.95, squares: 0.98, decay: 0.1 };

const EPSILON = 1e-8;
const MUON_SIZE = 0.2; // makes a step of Muon as large as one of Adam (Liu et al. 2025), so that one rate serves both

/** Moves the parameters of one model; remembers running means between its steps. */
export interface Optimiser {
  /** Move `flat` against `gradient`; both hold all parameters, one after the other. */
  step(flat: Float32Array, gradient: Float32Array, rate: number): void;
}

/** Muon for the matrices of layers, AdamW (Loshchilov & Hutter 2019) for embedding and positions: a step may leave their rows out. */
export function createOptimiser(
  shape: LanguageModelShape,
  kernels: Pick<SequenceKernels, 'addProduct'>,
  options: OptimiserOptions = OPTIMISER,
): Optimiser {
  const movers = parametersOf(shape).map((parameter) => ({
    name: parameter.name,
    move: parameter.name.startsWith('layers') ? muon(parameter, kernels, options) : adam(parameter, options),
  }));
  return {
    step(flat, gradient, rate) {
      const [to, by] = [viewsOf(shape, flat), viewsOf(shape, gradient)];
      for (const { name, move } of movers) move(to.get(name)!, by.get(name)!, rate);
    },
  };
}

type Move = (to: Float32Array, gradient: Float32Array, rate: number) => void;

function muon(
  { rows, columns }: Parameter,
  kernels: Pick<SequenceKernels, 'addProduct'>,
  { momentum, decay }: OptimiserOptions,
): Move {
  const [mean, direction] = [new Float32Array(rows * columns), new Float32Array(rows * columns)];
  const size = MUON_SIZE * Math.sqrt(Math.max(rows, columns));
  return (to, gradient, rate) => {
    for (let i = 0; i < mean.length; i++) {
      mean[i] += (1 - momentum) * (gradient[i] - mean[i]);
      direction[i] = mean[i] + (1 - momentum) * (gradient[i] - mean[i]); // Nesterov's
    }
    orthogonalise(direction, rows, columns, kernels);
    for (let i = 0; i < to.length; i++) to[i] -= rate * (size * direction[i] + decay * to[i]);
  };
}

function adam({ rows, columns }: Parameter, { momentum, squares, decay }: OptimiserOptions): Move {
  const [first, second] = [new Float32Array(rows * columns), new Float32Array(rows * columns)];
  let steps = 0;
  return (to, gradient, rate) => {
    steps++;
    const [unbias1, unbias2] = [1 - momentum ** steps, 1 - squares ** steps];
    for (let i = 0; i < to.length; i++) {
      first[i] += (1 - momentum) * (gradient[i] - first[i]);
      second[i] += (1 - squares) * (gradient[i] ** 2 - second[i]);
      const direction = first[i] / unbias1 / (Math.sqrt(second[i] / unbias2) + EPSILON);
      to[i] -= rate * (direction + decay * to[i]);
    }
  };
}
