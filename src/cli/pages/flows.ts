/** A pipeline that ships with kronflow: operators in a fixed order, and the command that runs it. */
export interface Flow {
  readonly name: string;
  readonly summary: string;
  /** How to run it. */
  readonly command: string;
  /** Operators, once a step. */
  readonly before: readonly string[];
  /** Operators, once a step and layer; `[…]` where the run asks for it. */
  readonly layer: readonly string[];
  /** Operators, once a step. */
  readonly after: readonly string[];
}

const THROUGH_CACHES = [
  ...['[capture]', 'updateCaches', 'attend', 'certify', 'compare', '[sparsity]', 'accountMemory', 'record'],
];

/** Every pipeline, in the order of `kronflow list pipelines`. */
export const flows: readonly Flow[] = [
  {
    name: 'decode',
    summary: 'tokens: their rows are made, then every cache answers every query',
    command: 'kronflow run',
    before: ['embed'],
    layer: ['layerNorm', 'project', ...THROUGH_CACHES, '[addResidual]'],
    after: ['journal'],
  },
  {
    name: 'decode --model',
    summary: 'tokens of a language model: its embedding, its matrices and its prediction are in the flow',
    command: 'kronflow run --model',
    before: ['embedTokens'],
    layer: ['layerNorm', 'project', '[releaseWindows]', ...THROUGH_CACHES, 'addResidual', 'feedForward'],
    after: ['predict', '[choose]', 'journal'],
  },
  {
    name: 'replay',
    summary: 'rows of a recording or a synthetic source: they enter after project',
    command: 'kronflow replay',
    before: [],
    layer: ['loadRows', ...THROUGH_CACHES],
    after: ['journal'],
  },
];
