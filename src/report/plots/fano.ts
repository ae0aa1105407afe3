import { z } from 'zod';
import { along, channel, type Axis } from '../axes.js';
import { styleOfName } from '../colours.js';
import { labelPlaces } from '../label-places.js';
import type { Context, Plot, Row } from '../plot.js';
import { list, numberText } from '../words.js';

const score = z.object({
  ...{ cache: z.string(), d: z.number(), information: z.number(), information_at_least: z.number() },
  ...{
    message_share: z.number(),
    most_information: z.number(),
    kept_bits: z.number(),
    above_diagonal: z.boolean(),
  },
});
const game = z.object({ streams: z.string(), n: z.number(), scores: z.array(score), control: score });
const HEIGHT = 280;

/** The Index game: what a receiver got back against what it was sent; nothing may lie above the diagonal. */
export const fano: Plot = {
  id: 'fano',
  title: 'Index game: recovered against sent',
  caption:
    'Information recovered, 1 − H2(e), per bit of the sender, against the bits of the state that was sent, per bit of the sender. By Fano no receiver gets more than it was sent: no point may lie above the line min(1, S/Nd) beyond sampling noise. The rule below a point reaches to the lower end of its sampling noise. Control: exact attention in too few dimensions.',
  needs: [],
  sql: () => ({ missing: 'made of results of index games, not of traces' }),
  rows: ({ games }) =>
    games.flatMap((given, i) => {
      const parsed = game.safeParse(given);
      if (!parsed.success) return [];
      const { streams, n, scores, control } = parsed.data;
      return [...scores, control].map((s) => ({
        ...{
          game: games.length === 1 ? `n = ${n}` : `game ${i + 1}, n = ${n}`,
          streams,
          cache: s.cache,
          d: s.d,
        },
        ...{
          sent_share: s.message_share,
          information: s.information,
          information_at_least: s.information_at_least,
        },
        ...{ most_information: s.most_information, kept_bits: s.kept_bits, above_diagonal: s.above_diagonal },
      }));
    }),
  sampled: () => null,
  refuse: (_, { games }) =>
    games.length > 0
      ? null
      : 'no result of an index game was given: kronflow index-game -o game.json, then name game.json beside the traces',
  spec: (rows, look, context) => {
    const sent = rows.map((row) => Number(row.sent_share)).filter((share) => share > 0);
    const domain: [number, number] = [Math.min(0.1, ...sent) / 1.3, Math.max(2, ...sent) * 1.3];
    const x: Axis = {
      field: 'sent_share',
      title: 'bits sent per bit of the sender, S/Nd',
      log: true,
      kind: 'plain',
      domain,
    };
    const y: Axis = {
      field: 'information',
      title: 'information recovered per bit',
      kind: 'plain',
      domain: [0, 1.04],
    };
    const labels = labelsOf(rows, y);
    const caches = [...new Set(rows.map(({ cache }) => String(cache)))];
    const hueOf = (cache: string) => look.hue(hueName(cache, context));
    const color = {
      field: 'cache',
      type: 'nominal',
      scale: { domain: caches, range: caches.map(hueOf) },
      legend: null,
    };
    const limit = Array.from({ length: 121 }, (_, i) => {
      const share = domain[0] * (domain[1] / domain[0]) ** (i / 120);
      return { sent_share: share, limit: Math.min(1, share) };
    });
    const position = { x: channel(x), y: channel(y) };
    return {
      ...{ data: { name: 'rows' }, width: look.width(1, 190), height: HEIGHT },
      layer: [
        {
          data: { values: limit },
          mark: { type: 'area', color: look.faint, opacity: 0.6 },
          encoding: { x: position.x, y: { ...position.y, field: 'limit' }, y2: { datum: 1.04 } },
        },
        {
          data: { values: limit },
          mark: { type: 'line', color: look.soft, strokeDash: [5, 3], strokeWidth: 1.4 },
          encoding: { x: position.x, y: { ...position.y, field: 'limit' } },
        },
        {
          data: { values: [{ x: domain[0] * 1.15, y: 0.96 }] },
          mark: {
            type: 'text',
            align: 'left',
            fontSize: 11,
            color: look.soft,
            text: 'no cache can be here (Fano)',
          },
          encoding: { x: { ...position.x, field: 'x' }, y: { ...position.y, field: 'y' } },
        },
        {
          mark: { type: 'rule', strokeWidth: 1.4 },
          encoding: { ...position, y2: { field: 'information_at_least' }, color },
        },
        {
          mark: { type: 'point', filled: true, size: 90, opacity: 1, stroke: look.paper, strokeWidth: 1 },
          encoding: { ...position, color },
        },
        {
          data: { values: labels },
          // below its point, for the limit runs above it
          mark: { type: 'text', align: 'left', baseline: 'top', dx: 9, dy: 3, fontSize: 11, fontWeight: 500 },
          encoding: {
            x: { ...position.x, field: 'x' },
            y: { ...position.y, field: 'y' },
            text: { field: 'text' },
            color,
          },
        },
      ],
    };
  },
  alt: (rows) => {
    const parts = rows.map(
      (row) =>
        `${row.cache} recovered ${numberText(row.information as number)} of at most ${numberText(row.most_information as number)}${row.above_diagonal ? ', above the limit' : ''}`,
    );
    return `Points of information recovered against bits sent, with the limit min(1, S/Nd). ${list(parts, 24)}.`;
  },
};

function labelsOf(rows: readonly Row[], y: Axis): readonly Row[] {
  const scale = along(y);
  const places = labelPlaces(
    rows.map((row) => scale.to(Number(row.information))),
    13 / HEIGHT,
  );
  return rows.map((row, i) => ({
    cache: row.cache,
    text: row.cache,
    x: row.sent_share,
    y: scale.from(places[i]),
  }));
}

function hueName(cache: string, { styles }: Context) {
  if (cache.startsWith('control')) return 'slate';
  return (styles.get(cache) ?? styleOfName(cache)).hue;
}
