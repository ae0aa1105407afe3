import { Failure } from '../../src/core/failure.js';
import type { SequenceKernels } from '../../src/core/sequence.js';
import { referenceKernels } from '../../src/lab/model/reference-kernels.js';
import { loadNative } from '../../workers/kernels/native.js';
import { nativeSequences } from '../../workers/kernels/sequence.js';

/** What `--kernel` may name where whole sequences are computed. */
export const SEQUENCE_KERNELS = ['auto', 'native', 'reference'] as const;

/** Kernels, and which of `SEQUENCE_KERNELS` they are. */
export interface ChosenKernels extends SequenceKernels {
  readonly kind: 'native' | 'reference';
}

/**
 * The fastest kernels for whole sequences, or those that `name` asks for.
 * @throws Failure `bad-option` where there is no native one
 */
export function chooseSequenceKernels(name: string): ChosenKernels {
  if (name === 'reference') return { ...referenceKernels, kind: 'reference' };
  const loaded = loadNative();
  if ('addon' in loaded) return { ...nativeSequences(loaded.addon), kind: 'native' };
  if (name === 'auto') return { ...referenceKernels, kind: 'reference' };
  throw new Failure(
    'bad-option',
    `--kernel ${name}: ${loaded.why}`,
    'kronflow doctor tells more; or --kernel reference',
  );
}
