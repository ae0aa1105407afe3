import { badInput } from './tensor.js';

/** A text that becomes a stream; `ids` reads it piece by piece. */
export interface TextStream {
  readonly name: string;
  ids(): AsyncIterable<readonly number[]>;
}

/** One token of one stream. */
export interface Turn {
  readonly stream: number;
  readonly pos: number;
  readonly tokenId: number;
}

interface Active {
  readonly stream: number;
  readonly name: string;
  readonly pieces: AsyncIterator<readonly number[]>;
  piece: readonly number[];
  at: number;
  pos: number;
}

/**
 * Tokens of several streams, one of each in turn. `most` of them are open at a time: when one ends, the next starts,
 * so that memory does not grow with their number.
 *
 * @throws Failure `bad-input` for a text without a token
 */
export async function* takeTurns(streams: AsyncIterable<TextStream>, most: number): AsyncGenerator<Turn> {
  const waiting = streams[Symbol.asyncIterator]();
  const active: Active[] = [];
  let [started, more] = [0, true];
  while (more || active.length > 0) {
    while (more && active.length < most) {
      const next = await waiting.next();
      if (next.done === true) more = false;
      else {
        const pieces = next.value.ids()[Symbol.asyncIterator]();
        active.push({ stream: started++, name: next.value.name, pieces, piece: [], at: 0, pos: 0 });
      }
    }
    for (const one of [...active]) {
      const tokenId = await nextToken(one);
      if (tokenId === null) {
        active.splice(active.indexOf(one), 1);
        if (one.pos === 0) throw badInput(one.name, 'it has no tokens', 'leave it out');
      } else yield { stream: one.stream, pos: one.pos++, tokenId };
    }
  }
}

async function nextToken(one: Active): Promise<number | null> {
  while (one.at === one.piece.length) {
    const next = await one.pieces.next();
    if (next.done === true) return null;
    one.piece = next.value;
    one.at = 0;
  }
  return one.piece[one.at++];
}
