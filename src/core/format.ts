const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes for people: `1.50 GiB`, three significant digits (four from 1000 on), binary units. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'unlimited';
  const size = Math.abs(bytes);
  const power = size < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(size) / 10));
  const value = bytes / 1024 ** power;
  const digits = Math.abs(value) >= 999.5 ? value.toFixed(0) : value.toPrecision(3);
  return `${power === 0 ? value : digits} ${UNITS[power]}`;
}

const POWER: Readonly<Record<string, number>> = { '': 0, k: 10, m: 20, g: 30, t: 40 };

/** Read `2GiB`, `512MB`, `1.5g` or plain bytes; K, M, G and T are binary, as memory is sold. Null if it is no size. */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(text);
  if (!match) return null;
  return Math.floor(Number(match[1]) * 2 ** POWER[match[2].toLowerCase()]);
}

/** `1 head`, `2 heads`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A whole number with commas between thousands: what a locale would write, whose first use takes a process over 10 ms. */
export function groupThousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * A value for a message: JSON, except that NaN and infinities (null in JSON) and undefined are called by name, and so is an
 * object that JSON cannot hold.
 */
export function formatValue(value: unknown): string {
  if (typeof value !== 'object' && typeof value !== 'string') return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return 'an object'; // a circle, a BigInt
  }
}
