/** y ≈ c·n^exponent over the points. */
export interface PowerLaw {
  readonly exponent: number;
  /** ln c. */
  readonly lnFactor: number;
  readonly points: number;
}

/**
 * The power law through points on log-log axes, least squares, from a third of the largest n on (so that what grows
 * before a window is full does not count as growth); null for fewer than three points.
 */
export function fitPower(points: readonly (readonly [n: number, y: number])[]): PowerLaw | null {
  const positive = points.filter(([n, y]) => n > 0 && y > 0);
  const end = Math.max(0, ...positive.map(([n]) => n));
  const late = positive.filter(([n]) => n >= end / 3);
  const used = late.length >= 3 ? late : positive;
  if (used.length < 3) return null;
  const logs = used.map(([n, y]) => [Math.log(n), Math.log(y)] as const);
  const mean = (k: 0 | 1) => logs.reduce((sum, p) => sum + p[k], 0) / logs.length;
  const [x0, y0] = [mean(0), mean(1)];
  const variance = logs.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
  if (variance === 0) return null;
  const exponent = logs.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0) / variance;
  return { exponent, lnFactor: y0 - exponent * x0, points: used.length };
}

/** n to a power, as people write it. */
export function powerText(exponent: number): string {
  const rounded = Math.abs(exponent) < 0.005 ? 0 : exponent;
  return `n^${rounded.toFixed(2).replace(/^-/, '−')}`;
}

const SUPER = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** n to a theoretical power: constant, n, n², n^1.5. */
export function theoryText(exponent: number): string {
  if (exponent === 0) return 'constant';
  if (exponent === 1) return 'n';
  return Number.isInteger(exponent) && exponent > 0 ? `n${SUPER[exponent]}` : `n^${exponent}`;
}
