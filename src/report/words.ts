import { formatBytes, groupThousands } from '../core/format.js';

/** Parts of a sentence: `a; b; c`. Of many, the first ones and how many more there are. */
export function list(parts: readonly string[], most = 12): string {
  if (parts.length <= most) return parts.join('; ');
  return `${parts.slice(0, most).join('; ')}; and ${parts.length - most} more`;
}

/** Bytes for people, or that they are unknown. */
export function bytesText(bytes: number | null): string {
  return bytes === null ? 'unknown' : formatBytes(bytes);
}

/** A small number for people: three digits, tiny ones with an exponent. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.001 || size >= 1e6) return value.toExponential(1).replace('e+', 'e');
  return size >= 100 ? groupThousands(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Milliseconds for people. */
export function millisecondsText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  if (ms >= 1000) return `${numberText(ms / 1000)} s`;
  return ms >= 1 || ms === 0 ? `${numberText(ms)} ms` : `${numberText(ms * 1000)} µs`;
}

/** A share as percent. */
export function percentText(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : `${numberText(100 * share)} %`;
}
