import type { EntrySource, Source } from '../src/core/source.js';
import { Failure } from '../src/core/failure.js';
import { inPart } from '../src/core/part.js';
import type { Config } from './config.js';
import { guardSource } from './plugins/guard-source.js';
import { isReference, pluginOf, type Registry } from './registry.js';
import { openLanguageModel, speaking, type OpenedModel } from './resolve-language-model.js';
import { readBy } from './windows.js';

/** Of keys of a model that are not called as they are. */
const FLAGS: Readonly<Record<string, string>> = { scoreStd: 'score-std', name: 'model' };

/** What a request says of its source and its model. */
export interface AskedSource {
  readonly source: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly model: Partial<Config['model']>;
  readonly seed: number;
}

/** A source that was made, and the model that it and the request make. */
export interface OpenedSource {
  readonly options: Config['source']['options'];
  readonly source: Source;
  readonly model: Config['model'];
  readonly language: OpenedModel | null;
  /** It is one long text, cut into streams of the model's context. */
  readonly windows: boolean;
}

/**
 * The source that a request names, nothing read of its steps yet, and the model that both make.
 * @throws Failure for a source or sizes that are unknown, wrong or contradictory
 */
export async function openSource(
  { source: { name, options: given }, model: asked, seed }: AskedSource,
  stdin: AsyncIterable<Uint8Array>,
  registry: Registry,
): Promise<OpenedSource> {
  const plugin = inPart(['source'], () => pluginOf(registry, 'source', name));
  const language = await inPart(['model'], () => openLanguageModel(asked));
  const said = language === null ? given : speaking(language, plugin, given);
  const open = inPart(['source'], () => plugin(said));
  const make = () => open({ seed, stdin });
  const opened = inPart(['source'], () => (isReference(name) ? guardSource(name, make) : make()));
  const options = plugin.spec.options.parse(said) as Config['source']['options'];
  const made = { options, language, windows: false };
  if (opened.kind === 'entries') return { ...made, source: opened, model: await modelOf(opened, asked) };
  if (language === null) return { ...made, source: opened, model: tokenModel(asked) };
  const windows = opened.streams === 1;
  const source = readBy(opened, language.shape, windows);
  return { ...made, source, windows, model: language.model };
}

function tokenModel(asked: Partial<Config['model']>): Config['model'] {
  const weights = asked.weights ?? null;
  const defaults = { d: 64, heads: 2, layers: 1, order: 'tensor', scale: 1, rotary: false } as const;
  return { ...defaults, scoreStd: weights === null ? 1 : null, weights, ...asked };
}

/** What an entry source dictates; only the scale may be asked to differ, which is then an experiment of its own. */
async function modelOf(source: EntrySource, asked: Partial<Config['model']>): Promise<Config['model']> {
  const shape = await inPart(['source'], () => source.shape());
  inPart(['model'], () => refuseOtherModel(shape, asked));
  const { scale: own, ...sizes } = shape;
  return { ...sizes, scale: asked.scale ?? own ?? 1, scoreStd: null, weights: null, rotary: false };
}

function refuseOtherModel(shape: Awaited<ReturnType<EntrySource['shape']>>, asked: Partial<Config['model']>) {
  for (const key of ['d', 'heads', 'layers', 'order'] as const) {
    if (asked[key] === undefined || asked[key] === shape[key]) continue;
    throw new Failure(
      'bad-option',
      `${key} = ${asked[key]}, but the source has ${key} = ${shape[key]}`,
      `leave out --${key}: the source decides it`,
    );
  }
  for (const key of ['scoreStd', 'weights', 'rotary', 'name'] as const) {
    if (asked[key] === undefined || asked[key] === null || asked[key] === false) continue;
    throw new Failure(
      'bad-option',
      `${key === 'name' ? 'model' : key} = ${asked[key]}: this source brings its own q, k and v`,
      `leave out --${FLAGS[key] ?? key}`,
    );
  }
}
