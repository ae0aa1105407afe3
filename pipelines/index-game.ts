import { decodingThreshold, indexWeights, queryNorm, type IndexStream } from '../src/bounds/index-output.js';
import { fourCache } from '../operators/caches/four-cache.js';
import type { Answer } from '../src/core/pool.js';
import type { LabelledCache } from './cache-bank.js';
import { checkPlayers, controlled, sizesOf } from './index-game/check.js';
import { drawIndices, drawInstance, type IndexInstance } from './index-game/instance.js';
import { sendState } from './index-game/message.js';
import { takeSeat, type GameTable, type Player } from './index-game/player.js';
import { fanoLimit, recoveryOf } from './index-game/score.js';
import type { IndexGame, IndexGameResult, IndexScore } from './index-game/types.js';

export type { IndexGame, IndexGameResult, IndexScore } from './index-game/types.js';

/**
 * Play the Index game (math.md 3) with every cache: the sender streams N·d random bits as values, its state is
 * sent, and the receiver, in a fresh instance, asks C·κ_i for each row i and reads its d bits off the output.
 *
 * `two` plays on N = n² free triples. Free triples are not K1 ⊘ K2 of any stream of n tokens, so they are streamed as
 * N tokens of matrix order, whose rows are free.
 *
 * @throws Failure `bad-option` for sizes or caches that cannot play, `out-of-memory` before anything is allocated
 */
export async function playIndexGame(game: IndexGame, table: GameTable): Promise<IndexGameResult> {
  const { streams, n, seed } = game;
  const { rows, d } = sizesOf(game);
  checkPlayers(game, rows, d);
  const instance = drawInstance(streams, n, d, seed);
  const scores: IndexScore[] = [];
  for (const cache of game.caches) scores.push(await play(game, table, cache, instance));
  return {
    ...{ streams, n, rows, d, seed, query_norm: queryNorm(rows) },
    ...describeKeys(instance, drawIndices(rows, game.indices, seed)),
    scores,
    control: await playControl(game, table, rows),
  };
}

/** One cache against one instance. */
export async function play(
  game: Pick<IndexGame, 'seed' | 'bits' | 'indices'>,
  table: GameTable,
  cache: LabelledCache,
  instance: IndexInstance,
): Promise<IndexScore> {
  const { rows, d } = instance;
  const { message, keptBits } = await exchange(game, table, cache, instance);
  const indices = drawIndices(rows, game.indices, game.seed);
  const errors = await decodeRows(table, cache, instance, { ...message, indices, seed: game.seed });
  const got = recoveryOf(errors, indices.length === rows);
  const limit = fanoLimit(message.bits / (rows * d));
  return {
    ...{ cache: cache.label, d, rows_decoded: indices.length, ...got },
    ...{ message_bits: message.bits, message_share: message.bits / (rows * d) },
    ...{ kept_bits: keptBits, kept_share: keptBits / (rows * d) },
    ...limit,
    above_diagonal: got.information_at_least > limit.most_information,
  };
}

/** The sender's turn: stream the bits and send the state to a receiver that knows everything but them. */
async function exchange(
  { seed, bits }: Pick<IndexGame, 'seed' | 'bits'>,
  table: GameTable,
  cache: LabelledCache,
  instance: IndexInstance,
) {
  const known = await withSeat(table, cache, instance, seed, async (receiver) => {
    await receiver.stream(instance.guesses);
    return receiver.snapshot();
  });
  return withSeat(table, cache, instance, seed, async (sender) => {
    await sender.stream(instance.bits);
    return { message: sendState(sender.snapshot(), known, bits), keptBits: 8 * sender.keptBytes() };
  });
}

/** The receiver's turn: the share of wrong bits of each row asked for. */
function decodeRows(
  table: GameTable,
  cache: LabelledCache,
  instance: IndexInstance,
  {
    received,
    indices,
    seed,
  }: { received: Parameters<Player['restore']>[0]; indices: readonly number[]; seed: number },
): Promise<readonly number[]> {
  const { d, bits, queries, stream } = instance;
  return withSeat(table, cache, instance, seed, async (receiver) => {
    const ask = (q: Float32Array) => {
      receiver.restore(received); // each query of the game is the first one after the message
      receiver.appendZero();
      return receiver.ask(q);
    };
    const zeroPairs = zeroPairsOf(await ask(new Float32Array(d)), stream);
    const errors: number[] = [];
    for (const i of indices) {
      const { output, lse } = await ask(queries[i]);
      const theta = decodingThreshold(zeroWeight(zeroPairs, lse));
      errors.push(output.reduce((wrong, o, j) => wrong + Number(o >= theta !== (bits[i][j] === 1)), 0) / d);
    }
    return errors;
  });
}

/**
 * Pairs of score 0 that the zero token brings into the cache's own sum. Asked with q = 0, every score is 0 and
 * e^lse is the total weight: A² with four caches, of which (A − 1)² do not touch the token; 2·n + 1 if all is kept.
 */
function zeroPairsOf({ lse }: Answer, stream: IndexStream): number {
  return stream === 'four' ? Math.max(0, 2 * Math.sqrt(Math.exp(lse)) - 1) : 1;
}

/** w_0 by the cache's own denominator; a cache may have none (no positive estimate), then it counts as 0. */
function zeroWeight(zeroPairs: number, lse: number): number {
  const zero = zeroPairs * Math.exp(-lse);
  return Number.isFinite(zero) ? Math.min(1, zero) : 0;
}

/** The failing control: exact attention in so few dimensions that keys get in one another's way. */
function playControl(game: IndexGame, table: GameTable, rows: number): Promise<IndexScore> {
  const exact = { label: 'control: four-cache', factory: fourCache() };
  const instance = drawInstance(game.streams, game.n, controlled(1, rows), game.seed);
  return play({ ...game, bits: null }, table, exact, instance);
}

function describeKeys({ keys, queries, stream }: IndexInstance, indices: readonly number[]) {
  let [eps, least, guaranteed] = [0, Infinity, 0];
  for (const i of indices) {
    const scores = keys.map((key) => key.reduce((sum, x, t) => sum + x * queries[i][t], 0));
    const weight = indexWeights(scores, stream);
    const right = weight.weights[i];
    const norm = scores[i]; // C·|κ_i|² = C
    scores.forEach((score, a) => (eps = a === i ? eps : Math.max(eps, Math.abs(score / norm))));
    least = Math.min(least, right);
    guaranteed += Number(right > 1 - weight.zero - right);
  }
  return { eps, least_weight: least, guaranteed: guaranteed / indices.length };
}

async function withSeat<T>(
  table: GameTable,
  cache: LabelledCache,
  instance: IndexInstance,
  seed: number,
  use: (player: Player) => Promise<T>,
): Promise<T> {
  const player = takeSeat(table, cache, instance, seed);
  try {
    return await use(player);
  } finally {
    player.release();
  }
}
