/**
 * Indices of the `k` largest numbers, ascending; of equal ones the earlier index is taken. NaN counts as the largest, so
 * that what is not known is not dropped in silence. O(length) on average.
 */
export function largest(numbers: Float64Array, k: number): Int32Array {
  const count = Math.min(k, numbers.length);
  const chosen = new Int32Array(count);
  if (count === 0) return chosen;
  const known = hasNaN(numbers) ? numbers.map((x) => (Number.isNaN(x) ? Infinity : x)) : numbers;
  const least = kthLargest(known.slice(), count);
  let ties = count;
  for (const x of known) if (x > least) ties--;
  for (let i = 0, at = 0; at < count; i++) {
    if (known[i] > least || (known[i] === least && ties-- > 0)) chosen[at++] = i;
  }
  return chosen;
}

/** A loop: `some` took a fifth of the time of the whole choice. */
function hasNaN(numbers: Float64Array): boolean {
  for (const x of numbers) if (x !== x) return true;
  return false;
}

/** The k-th largest (1 ≤ k ≤ length) by quickselect; reorders `x`. Pivots from the middle: runs repeat. */
function kthLargest(x: Float64Array, k: number): number {
  let [low, high] = [0, x.length - 1];
  const target = k - 1; // in descending order
  while (low < high) {
    const pivot = x[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (x[i] > pivot) i++;
      while (x[j] < pivot) j--;
      if (i <= j) {
        [x[i], x[j]] = [x[j], x[i]];
        i++;
        j--;
      }
    }
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break; // between them everything equals the pivot
  }
  return x[target];
}
