/** What is counted. */
export type Unit =
  'bits' | 'numbers' | 'vectors' | 'clusters' | 'keys' | 'tokens' | 'flops' | 'dimensions' | '1';

/** A quantity, with the formula it comes from. */
export interface Amount {
  readonly formula: string;
  /** Infinity above float64, then `log10` says how large. */
  readonly value: number;
  /** Null for 0 and below. */
  readonly log10: number | null;
  readonly unit: Unit;
}

/** A quantity that float64 holds. */
export function amount(formula: string, value: number, unit: Unit): Amount {
  return { formula, value, log10: value > 0 ? Math.log10(value) : null, unit };
}

/** A quantity that may be too large for float64, by its natural logarithm. */
export function amountOfLn(formula: string, ln: number, unit: Unit): Amount {
  return { formula, value: Math.exp(ln), log10: ln / Math.LN10, unit };
}

/** ln(e^a + e^b). */
export function lnSum(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return high === Infinity ? high : high + Math.log1p(Math.exp(low - high));
}
