import { Failure } from '../src/core/failure.js';
import { inPart } from '../src/core/part.js';
import type { Source } from '../src/core/source.js';
import type { Config } from './config.js';

/**
 * Refuse a run whose layers nobody would drive: whose output goes into the next layer must be there at every step.
 * @throws Failure `bad-option`
 */
export function refuseUndriven(config: Config, source: Source): void {
  inPart(['drive'], () => refuseDriver(config, source));
  inPart(['prompt'], () => refusePrompt(config, source));
}

function refuseDriver({ drive, reference, caches, model }: Config, { kind }: Source): void {
  if (drive === undefined) return;
  const refuse = (why: string, hint: string) => {
    throw new Failure('bad-option', `drive = ${drive}: ${why}`, hint);
  };
  if (kind === 'entries') refuse('this source brings the rows of every layer', 'leave out --drive');
  if (model.layers === 1 && model.name === undefined)
    refuse('there is one layer, and nothing after it', 'leave out --drive, or pass --layers 2');
  if (drive === 'exact' && reference === 'none')
    refuse('with reference = none there is no exact output', 'pass --reference f64, or name a cache');
  const labels = caches.map(({ label }) => label);
  if (drive !== 'exact' && !labels.includes(drive))
    refuse('no cache has this label', `name exact or one of ${labels.join(', ')}`);
}

/** A prompt asks its caches nothing; only exact attention is computed for it. */
function refusePrompt({ prompt, reference, drive = 'exact', model }: Config, { kind }: Source): void {
  const isDriven = model.layers > 1 || model.name !== undefined;
  if (kind === 'entries' || prompt === 0 || !isDriven || (reference === 'f64' && drive === 'exact')) return;
  const by = drive === 'exact' ? 'reference = none' : `drive = ${drive}`;
  const what = `prompt = ${prompt} with ${model.layers} layers and ${by}: nothing would drive the deeper layers`;
  const fewer = model.name === undefined ? ', --layers 1' : '';
  const hint =
    drive === 'exact' ? `pass --reference f64${fewer} or --prompt 0` : 'pass --drive exact or --prompt 0';
  throw new Failure('bad-option', what, hint);
}
