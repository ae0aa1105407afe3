import type { z } from 'zod';
import { Failure } from '../src/core/failure.js';
import { inPart } from '../src/core/part.js';
import type { Source } from '../src/core/source.js';
import type { configSchema } from './config.js';
import type { OpenedModel } from './resolve-language-model.js';

type Asked = Pick<z.input<typeof configSchema>, 'generate' | 'tokens' | 'drive'>;

/**
 * What a request to go on with a text comes to: so many tokens as it says, or as the context has room for, driven by the first
 * cache where nobody says who drives. Nothing where none is asked for.
 * @throws Failure `bad-option` where there is no model, or the prompt and what follows are longer than its context
 */
export async function generating(
  { generate, tokens, drive }: Asked,
  source: Source,
  language: OpenedModel | null,
  first: string,
): Promise<Partial<Asked>> {
  if (generate === undefined) return {};
  return inPart(['generate'], async () => {
    if (language === null || source.kind === 'entries')
      throw refused('there is no language model to go on with the text', 'name one: kronflow list models');
    if (tokens !== null)
      throw refused(`tokens = ${tokens} would cut it off`, 'leave out tokens: generate.tokens says how many');
    const asked = await roomFor(generate.tokens ?? null, source, language);
    return { tokens, drive: drive ?? first, generate: { ...generate, tokens: asked } };
  });
}

async function roomFor(asked: number | null, source: Source, language: OpenedModel): Promise<number> {
  const { context } = language.shape;
  const prompt = await inPart(['source'], () => source.count(context + 1));
  if (prompt === null) throw refused('nobody knows how long the prompt is', 'give it as a file or a text');
  const room = context - prompt;
  if (room > 0 && (asked ?? 1) <= room) return asked ?? room;
  const length = prompt > context ? `more than ${context}` : `${prompt}`;
  const what = `a prompt of ${length} tokens and ${asked ?? 'those'} that follow are more than the context of ${language.model.name}, ${context} tokens`;
  throw refused(
    what,
    room > 0
      ? `pass --tokens ${room}, or a shorter prompt`
      : `shorten the prompt to fewer than ${context} tokens`,
  );
}

function refused(why: string, hint: string): Failure {
  return new Failure('bad-option', `generate: ${why}`, hint);
}
