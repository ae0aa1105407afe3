// Tasks of an imagined plug-in, for tests: attention over rows, and ways to do it wrong.
import { isMainThread } from 'node:worker_threads';

/** Ordinary attention over rows [from, to) of two inputs, keys and values: what a `rows` job does. */
export function attendRows({ q, scale, from, to, inputs: [keys, values] }) {
  const d = q.length;
  const scores = [];
  for (let r = from; r < to; r++) {
    const key = keys.row(r);
    let score = 0;
    for (let t = 0; t < d; t++) score += q[t] * key[t];
    scores.push(scale * score);
  }
  const m = scores.reduce((max, score) => Math.max(max, score), -Infinity);
  const acc = new Float64Array(d);
  let l = 0;
  scores.forEach((score, i) => {
    const weight = Math.exp(score - m);
    const value = values.row(from + i);
    l += weight;
    for (let j = 0; j < d; j++) acc[j] += weight * value[j];
  });
  return { m, l, acc, pairs: to - from, flops: 4 * d * (to - from) };
}

/** The same, but the first time in a worker thread it ends that thread; bytes 4 to 8 of the memory are never handed out. */
export function dieOnce(call) {
  const deaths = new Int32Array(call.inputs[0].pieces()[0].buffer, 4, 1);
  if (!isMainThread && Atomics.exchange(deaths, 0, 0) > 0) process.exit(7);
  return attendRows(call);
}

/** Adds up what `pieces` and `numbers` hold. */
export function addUp({ q, from, inputs, numbers }) {
  const l = inputs.flatMap((rows) => rows.pieces().flatMap((piece) => [...piece])).reduce((a, b) => a + b, 0);
  return { m: 0, l: from === 0 ? l : 0, acc: q.map(() => numbers[0]), pairs: 0, flops: 0 };
}

export const nothing = ({ q }) => ({
  m: -Infinity,
  l: 0,
  acc: new Float64Array(q.length),
  pairs: 0,
  flops: 0,
});
export const throws = ({ from }) => {
  throw new TypeError(`no such row: ${from}`);
};
/** As another copy of kronflow would throw it, which a plug-in may have brought. */
export const refuses = () => {
  const words = { name: 'Failure', code: 'bad-option', what: 'rows are too short', hint: 'make them longer' };
  throw Object.assign(new Error('rows are too short\n  hint: make them longer'), words);
};
export const notANumber = (call) => ({ ...attendRows(call), l: NaN });
export const infinite = (call) => ({
  ...attendRows(call),
  acc: call.q.map((_, j) => (j === 1 ? Infinity : 0)),
});
export const tooLong = (call) => ({ ...attendRows(call), acc: new Float64Array(call.q.length + 1) });
export const halfOfNothing = (call) => ({ ...attendRows(call), m: -Infinity });
export const minusOnePair = (call) => ({ ...attendRows(call), pairs: -1 });
export const async = async (call) => attendRows(call);
export const silent = () => {};
export const notAFunction = 5;

let calls = 0;
/** Fails the first time in each thread: depends on more than its argument. */
export const moody = (call) => (calls++ === 0 ? undefined : attendRows(call));
