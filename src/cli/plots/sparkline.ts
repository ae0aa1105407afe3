const BLOCKS = '▁▂▃▄▅▆▇█';

/** Values above 0 as blocks on a logarithmic scale, joined to at most `width`; a space where there is none, `▁` for 0. */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const last = values.findLastIndex((value) => value !== null) + 1;
  const each = Math.max(1, Math.ceil(last / width));
  const joined = Array.from({ length: Math.ceil(last / each) }, (_, i) =>
    mean(values.slice(i * each, (i + 1) * each).filter((value) => value !== null)),
  );
  const logs = joined.flatMap((value) => (value === null || value <= 0 ? [] : [Math.log(value)]));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  return joined.map((value) => block(value, low, high)).join('');
}

function block(value: number | null, low: number, high: number): string {
  if (value === null) return ' ';
  if (value <= 0) return BLOCKS[0];
  const share = high > low ? (Math.log(value) - low) / (high - low) : 0.5;
  return BLOCKS[Math.round(share * (BLOCKS.length - 1))];
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}
