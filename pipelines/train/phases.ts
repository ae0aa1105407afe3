import { Failure } from '../../src/core/failure.js';

/** A part of a training: so many steps over so many sequences of so many tokens. */
export interface Phase {
  readonly steps: number;
  readonly sequences: number;
  readonly length: number;
}

const LONGEST = 4096;

/**
 * Phases written as STEPSxSEQUENCESxLENGTH with commas between them: `8000x32x128,2000x16x256`.
 * @throws Failure `bad-option`
 */
export function parsePhases(text: string): readonly Phase[] {
  return text.split(',').map((part) => {
    const found = /^([1-9]\d{0,8})x([1-9]\d{0,5})x([1-9]\d{0,5})$/.exec(part.trim());
    if (found === null) {
      const what = `--phases ${text}: "${part}" is not STEPSxSEQUENCESxLENGTH`;
      throw new Failure('bad-option', what, 'for instance --phases 8000x32x128,2000x16x256');
    }
    const [steps, sequences, length] = found.slice(1).map(Number);
    if (length > LONGEST) {
      const what = `--phases ${text}: sequences of ${length} tokens`;
      throw new Failure('bad-option', what, `a step takes n³ operations: ${LONGEST} is the most`);
    }
    return { steps, sequences, length };
  });
}

/** One step of a training. */
export interface PlannedStep {
  readonly step: number;
  readonly phase: Phase;
  /** Factor on the rate: rises over the first steps, then falls to nothing along the tokens. */
  readonly warmth: number;
  readonly last: boolean;
}

const WARM_UP = 100; // steps

/** All steps of `phases`, one after the other. */
export function* plannedSteps(phases: readonly Phase[]): Generator<PlannedStep> {
  const steps = phases.reduce((sum, phase) => sum + phase.steps, 0);
  const all = phases.reduce((sum, phase) => sum + tokensOf(phase) * phase.steps, 0);
  let [step, done] = [0, 0];
  for (const phase of phases) {
    for (let i = 0; i < phase.steps; i++, step++, done += tokensOf(phase)) {
      const warmth = Math.min((step + 1) / WARM_UP, 1 - done / all);
      yield { step, phase, warmth, last: step + 1 === steps };
    }
  }
}

/** As `parsePhases` reads them. */
export function describePhases(phases: readonly Phase[]): string {
  return phases.map(({ steps, sequences, length }) => `${steps}x${sequences}x${length}`).join(',');
}

const tokensOf = ({ sequences, length }: Phase) => sequences * length;
