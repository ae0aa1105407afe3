// Of the largest coordinate: answers are float32, and a mean of millions of values is a thousandth of one of them.
const TOLERANCE = 1e-3;

/** @throws RangeError when a contender answers something else than the first: it would be measured doing other work */
export function sameAnswer(name: string, output: readonly number[], expected: readonly number[]): void {
  const largest = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((x, j) => Math.abs(x - output[j])));
  if (worst <= TOLERANCE * largest) return;
  throw new RangeError(`${name} differs from the first contender by ${worst} of ${largest}`);
}
