// Kernels of a careless plug-in, for the test of the laws of tasks: each but the first breaks one.

/** Attention over rows [from, to) of keys and values: keeps every law. */
export function right({ q, scale, from, to, inputs: [keys, values] }) {
  const [d, m] = [q.length, 0];
  const acc = new Float64Array(d);
  let l = 0;
  for (let r = from; r < to; r++) {
    const [key, value] = [keys.row(r), values.row(r)];
    const weight = 1 / (1 + Math.exp(-scale * q.reduce((sum, x, t) => sum + x * key[t], 0)));
    l += weight;
    for (let j = 0; j < d; j++) acc[j] += weight * value[j];
  }
  return { m, l, acc, pairs: to - from, flops: 4 * d * (to - from) };
}

/** Takes all rows, whatever it is asked for. */
export const greedy = (call) => right({ ...call, from: 0, to: call.inputs[0].count });

let calls = 0;
/** Depends on how often it was called. */
export const counting = (call) => ({ ...right(call), l: right(call).l + 1e-9 * ++calls });

/** Uses its input as scratch. */
export function writing(call) {
  const answer = right(call);
  call.inputs[0].row(call.from).fill(0);
  return answer;
}
