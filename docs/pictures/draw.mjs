// Shapes for the pictures of the docs. Colours are names that the site and, elsewhere, `STYLE` give a light and a dark value.

const LIGHT =
  '--ink:#213547;--soft:#6b7280;--line:#9ca3af;--paper:#f6f6f7;--one:#2563eb;--two:#c2560a;--good:#15803d;--bad:#b91c1c';
const DARK =
  '--ink:#e5e7eb;--soft:#9ca3af;--line:#6b7280;--paper:#202127;--one:#60a5fa;--two:#fb923c;--good:#4ade80;--bad:#f87171';
const STYLE = `<style>svg{${LIGHT}}@media (prefers-color-scheme:dark){svg{${DARK}}}</style>`;
const FONT = 'ui-sans-serif,system-ui,sans-serif';

/** A whole picture, in units of pixels; `parts` are strings from the functions below. */
export function picture(width, height, ...parts) {
  const body = parts.flat(Infinity).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="13">\n${STYLE}\n${body}\n</svg>\n`;
}

export function box(x, y, w, h, { stroke = 'line', fill = 'paper', opacity = 1, r = 4, dash = '' } = {}) {
  const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" rx="${r}" stroke="${colour(stroke)}" fill="${colour(fill)}" fill-opacity="${opacity}"${dashed}/>`;
}

export function text(x, y, words, { fill = 'ink', anchor = 'middle', size = 13, weight = 400 } = {}) {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}" fill="${colour(fill)}" font-size="${size}" font-weight="${weight}">${safe}</text>`;
}

export function line(points, { stroke = 'line', width = 1.5, dash = '', arrow = false } = {}) {
  const path = points.map(([x, y]) => `${n(x)},${n(y)}`).join(' ');
  const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  const drawn = `<polyline points="${path}" fill="none" stroke="${colour(stroke)}" stroke-width="${width}"${dashed}/>`;
  return arrow ? [drawn, head(points.at(-2), points.at(-1), stroke)] : drawn;
}

export function dot(x, y, r, { fill = 'one', stroke = 'none', opacity = 1 } = {}) {
  return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}" fill="${colour(fill)}" stroke="${colour(stroke)}" fill-opacity="${opacity}"/>`;
}

/** A column of `count` cells: a vector. */
export function vector(x, y, { count = 5, size = 11, fill = 'one', opacity = 0.75 } = {}) {
  return Array.from({ length: count }, (_, i) =>
    box(x, y + i * size, size, size, { fill, stroke: 'paper', opacity, r: 1 }),
  );
}

function head([x0, y0], [x, y], stroke) {
  const a = Math.atan2(y - y0, x - x0);
  const at = (turn) => `${n(x - 8 * Math.cos(a + turn))},${n(y - 8 * Math.sin(a + turn))}`;
  return `<polygon points="${n(x)},${n(y)} ${at(0.45)} ${at(-0.45)}" fill="${colour(stroke)}"/>`;
}

function colour(name) {
  return name === 'none' ? name : `var(--${name})`;
}

function n(x) {
  return String(Math.round(x * 10) / 10);
}
