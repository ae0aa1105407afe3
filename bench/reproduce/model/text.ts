import { readFile } from 'node:fs/promises';
import { Failure } from '../../../src/core/failure.js';

const PATH = new URL('../../../../../shared/data/text/tinyshakespeare.txt', import.meta.url); // from dist
const HELD_OUT = 0.1; // what the models were not trained on: the end

/** The text that the models know the first 90 % of. */
export interface Text {
  readonly training: Uint8Array;
  readonly heldOut: Uint8Array;
}

/** @throws Failure `not-found`: the text is no part of the repository */
export async function readText(): Promise<Text> {
  const all = await readFile(PATH).catch((cause: NodeJS.ErrnoException) => {
    const what = `the text ../shared/data/text/tinyshakespeare.txt cannot be read (${cause.code})`;
    throw new Failure('not-found', what, 'put it beside the repository, or name other parts', { cause });
  });
  const cut = Math.floor(all.length * (1 - HELD_OUT));
  return { training: new Uint8Array(all.subarray(0, cut)), heldOut: new Uint8Array(all.subarray(cut)) };
}
