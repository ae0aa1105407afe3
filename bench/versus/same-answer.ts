const TOLERANCE = 2e-5; // of the largest coordinate: both answers are float32, each with its own order of sums

/** @throws RangeError when a contender answers something else than the first: it would be measured doing other work */
export function sameAnswer(name: string, output: readonly number[], expected: readonly number[]): void {
  const largest = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((x, j) => Math.abs(x - output[j])));
  if (worst <= TOLERANCE * largest) return;
  throw new RangeError(`${name} differs from the first contender by ${worst} of ${largest}`);
}
