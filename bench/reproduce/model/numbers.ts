import { groupThousands } from '../../../src/core/format.js';

/** The mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle value; of an even number of them the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/** Bits of nats. */
export function bits(nats: number): number {
  return nats / Math.LN2;
}

/** Standard error of the mean. */
export function standardError(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

/** Bits with a sign; what rounds to 0 has a plus. */
export function signed(x: number): string {
  return `${x <= -0.0005 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;
}

/** A number of things for people: two digits; from ten millions on as a power of ten. */
export function amount(x: number): string {
  if (x < 1e7) return groupThousands(Number(x.toPrecision(x < 100 ? 2 : 3)));
  const [digits, power] = x.toExponential(1).split('e+');
  return `${digits}·10${[...power].map((digit) => SUPERSCRIPTS[Number(digit)]).join('')}`;
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
