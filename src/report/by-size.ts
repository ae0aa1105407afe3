/** Orders sizes by their bytes, 8KiB before 32KiB before 1MiB, and other texts by the numbers in them. */
export function bySize(a: string, b: string): number {
  const [x, y] = [bytesIn(a), bytesIn(b)];
  if (x !== null && y !== null && x !== y) return x - y;
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Orders labels by name, and those of one name by the budget that `compare` put behind their @. */
export function byLabel(a: string, b: string): number {
  const [[x, small = ''], [y, large = '']] = [a.split('@'), b.split('@')];
  return x.localeCompare(y, 'en', { numeric: true }) || bySize(small, large);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'];

function bytesIn(text: string): number | null {
  const found = /^([\d.]+) ?([KMG]?i?B)$/.exec(text);
  return found && UNITS.includes(found[2]) ? Number(found[1]) * 1024 ** UNITS.indexOf(found[2]) : null;
}
