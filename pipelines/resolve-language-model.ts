import { describeInput } from '../data/sources/input-file.js';
import { readLanguageModelShape, readUnfinished } from '../data/weights/language-model.js';
import { findModel } from '../data/weights/named-models.js';
import { Failure } from '../src/core/failure.js';
import type { LanguageModelShape } from '../src/core/language-model.js';
import type { SourcePlugin } from '../src/core/source.js';
import type { Config } from './config.js';

/** The language model of a run: found, its header read and checked. */
export interface OpenedModel {
  readonly path: string;
  readonly shape: LanguageModelShape;
  /** What a config says of it. */
  readonly model: Config['model'];
  /** What run.json says of its file. */
  describe(): Promise<Readonly<Record<string, unknown>>>;
}

const SIZES = ['d', 'heads', 'layers', 'order', 'scale'] as const;
const OTHERS = { scoreStd: 'score-std', weights: 'weights', rotary: 'rotary' } as const;

/**
 * The language model that a request names; null where it names none.
 * @throws Failure `unknown-name`, `not-found` or `bad-weights`; `bad-option` for what contradicts the model
 */
export async function openLanguageModel(asked: Partial<Config['model']>): Promise<OpenedModel | null> {
  const { name } = asked;
  if (name === undefined) return null;
  const path = await findModel(name);
  const shape = await readLanguageModelShape(path);
  refuseOtherSizes(name, shape, asked);
  const { d, heads, layers, order, scale, dModel, hidden, context, vocabulary } = shape;
  return {
    ...{ path, shape },
    model: { d, heads, layers, order, scale, scoreStd: null, weights: null, rotary: false, name },
    async describe() {
      const { bytes, sha256 } = await describeInput(path);
      // the place of one that comes with kronflow differs from machine to machine
      const where = name === path ? { path } : { name };
      const unfinished = await readUnfinished(path);
      const early =
        unfinished === null ? {} : { trained_steps: unfinished.steps, planned_steps: unfinished.planned };
      return { kind: 'model', ...where, bytes, sha256, dModel, hidden, context, vocabulary, ...early };
    },
  };
}

function refuseOtherSizes(name: string, shape: LanguageModelShape, asked: Partial<Config['model']>): void {
  for (const key of SIZES) {
    if (asked[key] === undefined || asked[key] === shape[key]) continue;
    const what = `${key} = ${asked[key]}, but the model ${name} has ${key} = ${shape[key]}`;
    throw new Failure('bad-option', what, `leave out --${key}: the model decides it`);
  }
  for (const [key, flag] of Object.entries(OTHERS)) {
    const value = asked[key as keyof typeof OTHERS];
    if (value === undefined || value === null || value === false) continue;
    const what = `${key} = ${value}: the model ${name} brings its own weights and positions`;
    throw new Failure('bad-option', what, `leave out --${flag}`);
  }
}

/** Options of a source with the vocabulary of a model, where nobody chose one: a model of 256 tokens reads bytes. */
export function speaking<T extends object>(
  { shape: { vocabulary } }: OpenedModel,
  { spec }: SourcePlugin,
  options: T,
): T {
  if (vocabulary !== 256 || !('encoding' in spec.options.shape) || 'encoding' in options) return options;
  return { ...options, encoding: 'bytes' };
}

/**
 * Refuse a source of more token ids than the model knows. One that cannot tell is read, and refused at the first such id.
 * @throws Failure `bad-option`
 */
export function refuseOtherVocabulary(
  described: Readonly<Record<string, unknown>>,
  { shape: { vocabulary }, model: { name } }: OpenedModel,
): void {
  const { vocabulary_size: size, encoding } = described;
  if (typeof size !== 'number' || size <= vocabulary) return;
  throw new Failure(
    'bad-option',
    `encoding ${String(encoding)} has ${size} tokens, but the model ${name} knows ${vocabulary}`,
    vocabulary === 256
      ? 'leave out --encoding: the model reads bytes'
      : 'choose the encoding that it was trained with',
  );
}
