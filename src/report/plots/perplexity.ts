import { channel, domainOf, type Axis } from '../axes.js';
import { foretoldContext, foretoldSql } from '../foretold.js';
import { colourOf, panelTitle, shapeOf, sideBySide } from '../lines.js';
import type { Look } from '../look.js';
import type { Context, Plot, Row, Spec } from '../plot.js';
import { pointLabels, type NamedPoint } from '../point-labels.js';
import { bytesText, list } from '../words.js';

const HEIGHT = 320;
const AIR = 1.15; // beyond the first and the last point, as a factor of bytes
const [LOW, HIGH] = [0.98, 1.02]; // the same for bits

/** What it costs a language model that a cache answers for it: bits per token against the bytes of the cache that drove it. */
export const perplexity: Plot = {
  id: 'perplexity',
  title: 'Perplexity against bytes',
  caption:
    'How well a language model foretold its text when the output of a cache drove its layers, so that what the cache left out is missing in all that follows, against the most bytes that this cache held, all heads and layers together. Down and left is better; the line across is exact attention, and in brackets stands at how many of the tokens the model held the same one for the likeliest as under exact attention. Perplexity is 2 to the bits per token, and stands in the data.',
  needs: ['measures.value', 'steps.resident_bytes', 'steps.metadata_bytes'],
  sql: (context) =>
    `
with ${foretoldSql(context).trim()}, traces as (
  select trace, panel, driver, cache, avg(nats) / ln(2) as bits, count(*) as tokens,
    avg((likeliest = exact_likeliest)::int) as agreement
  from foretold left join exact using (panel, stream_id, step)
  group by all
)
select panel as run, traces.cache, any_value(by_cache.plugin) as plugin, avg(peak_held_bytes) as held_bytes,
  avg(bits) as bits_per_token, min(bits) as bits_least, max(bits) as bits_most, 2 ** avg(bits) as perplexity, avg(agreement) as agreement,
  sum(traces.tokens)::bigint as tokens, count(*) as traces
from traces left join by_cache on by_cache.trace = traces.trace and by_cache.cache = traces.driver
group by panel, traces.cache
order by run, held_bytes nulls first, traces.cache`.trim(),
  sampled: () => null,
  refuse: (rows) =>
    rows.length < 2
      ? 'it compares runs of a language model over one text: name several traces, each with its own --drive'
      : rows.every(({ held_bytes }) => held_bytes === null)
        ? 'exact attention drove every run: name traces with --drive and a cache'
        : null,
  spec: (rows, look, given) => {
    const context = foretoldContext(given);
    const panels = context.groups
      .map(({ name }) => ({ name, own: rows.filter(({ run }) => run === name) }))
      .filter(({ own }) => own.length > 0);
    const axes = axesOf(rows);
    const drawn = panels.map(({ name, own }) => ({
      ...panel(own, look, context, axes, Math.min(2, panels.length)),
      ...(panels.length > 1 ? { title: panelTitle(name) } : {}),
    }));
    return sideBySide(drawn, look);
  },
  alt: (rows) =>
    `Points of bits per token against bytes held. ${list(
      rows.map(({ cache, held_bytes, bits_per_token, agreement }) => {
        const bytes = held_bytes === null ? '' : ` with ${bytesText(held_bytes as number)}`;
        return `driven by ${cache}${bytes}: ${Number(bits_per_token).toFixed(3)} bits${agreementText(agreement)}`;
      }),
      24,
    )}.`,
};

/** A driver, and how often it agrees with exact attention where both are known. */
function nameOf({ cache, agreement }: Row): string {
  return `${cache}${agreementText(agreement)}`;
}

function agreementText(agreement: Row[string]): string {
  return typeof agreement === 'number' ? ` (${(100 * agreement).toFixed(1)} %)` : '';
}

function axesOf(rows: readonly Row[]): { readonly x: Axis; readonly y: Axis } {
  const bytes = rows.map(({ held_bytes }) => held_bytes as number | null);
  const [low, high] = domainOf(bytes, true);
  const bits = rows.flatMap(({ bits_least, bits_most }) => [Number(bits_least), Number(bits_most)]);
  return {
    x: {
      ...{ field: 'held_bytes', title: 'bytes held, all heads and layers', log: true, kind: 'bytes' },
      domain: [low / AIR, high * AIR],
    },
    y: {
      ...{ field: 'bits_per_token', title: 'bits per token', kind: 'plain' },
      domain: [LOW * Math.min(...bits), HIGH * Math.max(...bits)],
    },
  };
}

function panel(
  rows: readonly Row[],
  look: Look,
  { styles }: Context,
  { x, y }: { readonly x: Axis; readonly y: Axis },
  wanted: number,
): Spec {
  const [{ run }] = rows;
  const caches = rows.map(({ cache }) => String(cache));
  const color = colourOf(caches, styles, look);
  const position = { x: channel(x), y: channel(y) };
  const own = { filter: { and: [{ field: 'run', equal: run }, { field: 'held_bytes', valid: true }] } }; // prettier-ignore
  const margin = 66 + 14 + 6.2 * Math.max(6, ...rows.map((row) => nameOf(row).length));
  return {
    ...{ width: look.width(wanted, Math.round(margin)), height: HEIGHT },
    layer: [
      ...exactLevel(rows, look, position.y),
      {
        transform: [own, { filter: 'datum.traces > 1' }],
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: {
          ...position,
          y: { ...position.y, field: 'bits_least' },
          y2: { field: 'bits_most' },
          color,
        },
      },
      {
        transform: [own],
        mark: { type: 'point', filled: true, size: 90, opacity: 1, stroke: look.paper, strokeWidth: 1 },
        encoding: { ...position, color, shape: shapeOf(caches, styles) },
      },
      pointLabels(
        rows.filter(({ held_bytes }) => held_bytes !== null).map(namedPoint),
        { x, y, height: HEIGHT },
        color,
      ),
    ],
  };
}

function namedPoint(row: Row): NamedPoint {
  const { cache, held_bytes, bits_per_token } = row;
  return { cache: String(cache), text: nameOf(row), x: Number(held_bytes), y: Number(bits_per_token) };
}

/** Exact attention holds what no cache need: a line across, with its bits. */
function exactLevel(rows: readonly Row[], look: Look, y: Spec): readonly Spec[] {
  const values = rows
    .filter(({ held_bytes }) => held_bytes === null)
    .map(({ cache, bits_per_token }) => ({
      level: bits_per_token,
      text: `${cache}: ${Number(bits_per_token).toFixed(3)}`,
    }));
  const level = { ...y, field: 'level' };
  const text = {
    type: 'text',
    align: 'left',
    baseline: 'bottom',
    dx: 4,
    dy: -3,
    fontSize: 11,
    color: look.soft,
  };
  return [
    { data: { values }, mark: { type: 'rule', strokeDash: [2, 3], color: look.mid }, encoding: { y: level } },
    { data: { values }, mark: text, encoding: { x: { value: 0 }, y: level, text: { field: 'text' } } },
  ];
}
