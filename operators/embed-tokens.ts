import { map, type OperatorFunction } from 'rxjs';
import type { HasResidual, TokenEvent } from '../src/core/event.js';
import { Failure } from '../src/core/failure.js';
import type { LanguageModel } from '../src/core/language-model.js';

/**
 * Add `x`, (dModel): the rows of a language model for the token, for those `before` it, and for its position.
 *
 * @throws Failure `bad-input` for an event without a token id, or with one or a position that the model does not know
 */
export function embedTokens<T extends TokenEvent>({
  shape: { dModel, vocabulary, context },
  embed,
  previous,
  positions,
}: Pick<LanguageModel, 'shape' | 'embed' | 'previous' | 'positions'>): OperatorFunction<T, T & HasResidual> {
  return map((event) => {
    const { tokenId, pos } = event;
    if (tokenId === null) throw refused(event, 'no token id to embed', 'give it text or token ids');
    if (tokenId >= vocabulary)
      throw refused(
        event,
        `token id ${tokenId}, and the model knows ${vocabulary}`,
        'choose the encoding that it was trained with',
      );
    if (pos >= context)
      throw refused(
        event,
        `position ${pos}, and the context of the model ends at ${context}`,
        'cut the stream',
      );
    const x = positions.slice(pos * dModel, (pos + 1) * dModel);
    for (const [back, table] of [embed, ...previous].entries()) {
      const id = back === 0 ? tokenId : event.before?.[back - 1];
      if (id !== undefined) add(x, table.subarray(id * dModel, (id + 1) * dModel));
      else if (back <= event.step) throw new RangeError(`no token ${back} before step ${event.step}`);
    }
    return { ...event, x };
  });
}

function add(x: Float32Array, row: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] += row[i];
}

function refused({ streamId, step }: TokenEvent, what: string, hint: string): Failure {
  return new Failure('bad-input', `stream ${streamId}, step ${step}: ${what}`, hint);
}
