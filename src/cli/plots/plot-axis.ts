/** How values are laid along an axis of a plot. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  /** Place of a value, 0 at the start and 1 at the end; null where it has none: no number, or not positive on a log axis. */
  place(value: number): number | null;
  /** The value at a place. */
  at(place: number): number;
}

/** The axis that holds all values; null when none of them has a place. */
export function axisOf(values: Iterable<number>, log: boolean): Axis | null {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return null;
  return log ? logAxis(low, high) : linearAxis(low, high);
}

function linearAxis(low: number, high: number): Axis {
  const span = high - low || 1; // one value: it lies at the start
  return {
    ...{ low, high },
    place: (value) => (Number.isFinite(value) ? (value - low) / span : null),
    at: (place) => low + place * (high - low),
  };
}

function logAxis(low: number, high: number): Axis {
  const span = Math.log(high / low) || 1;
  return {
    ...{ low, high },
    place: (value) => (Number.isFinite(value) && value > 0 ? Math.log(value / low) / span : null),
    at: (place) => low * (high / low) ** place,
  };
}
