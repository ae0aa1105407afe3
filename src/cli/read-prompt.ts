import { inputName, readInput } from '../../data/sources/input-file.js';
import { decodeUtf8 } from '../../data/sources/utf8-chunks.js';
import { Failure } from '../core/failure.js';

/** Where a prompt comes from: one of both. */
export interface PromptFlags {
  readonly prompt?: string;
  readonly promptFile?: string;
}

const MOST = 1 << 20; // characters: no model here has such a context, and a file may have no end

/**
 * The text that a model is to go on with, as it stands on the command line or in a file.
 * @throws Failure `bad-option` for none, both, or one that no context holds; `not-found` or `bad-input` for a file
 */
export async function readPrompt(
  { prompt, promptFile }: PromptFlags,
  stdin: AsyncIterable<Uint8Array>,
): Promise<string> {
  if ((prompt === undefined) === (promptFile === undefined)) throw notOne(prompt);
  if (promptFile === undefined) return prompt!;
  const name = inputName(promptFile);
  let text = '';
  for await (const piece of decodeUtf8(readInput(promptFile, stdin), name)) {
    text += piece;
    if (text.length > MOST)
      throw new Failure('bad-option', `${name} has more than ${MOST} characters`, 'no context is so long');
  }
  if (text !== '') return text;
  throw new Failure('bad-input', `${name} is empty: there is nothing to go on with`, 'give it some text');
}

function notOne(prompt: string | undefined): Failure {
  const what = prompt === undefined ? 'no text to go on with' : '--prompt and --prompt-file: two texts';
  return new Failure('bad-option', `generate: ${what}`, "pass --prompt 'ROMEO:', or --prompt-file FILE");
}
