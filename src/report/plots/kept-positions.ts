import { panelTitle, sideBySide } from '../lines.js';
import type { Plot } from '../plot.js';
import { MOST_COLUMNS, positionPanel, positionSql, seriesIn } from '../positions-map.js';
import { list, percentText } from '../words.js';

/** Which part of the stream a cache still holds. */
export const keptPositions: Plot = {
  id: 'kept-positions',
  title: 'Positions kept',
  caption:
    'Share of the tokens of each part of the stream that a cache holds unchanged, mean of both sides over heads, layers and streams. Only caches that select tokens.',
  needs: [],
  sql: (context) => positionSql(context, 'kept-side_', 'cache'),
  sampled: () => `At most ${MOST_COLUMNS} of the steps that were measured are drawn, the others left out.`,
  refuse: (rows) =>
    rows.length === 0
      ? 'the run had no operator kept-atoms (kronflow run --operator kept-atoms), or no cache that selects tokens'
      : null,
  spec: (rows, look, context) => {
    const heat = { field: 'share', title: 'share of tokens held', domain: [0, 1] as const, format: '~%' };
    const series = seriesIn(rows, context);
    const panels = series.map(({ run, series: cache }) => ({
      ...positionPanel(rows, look, {
        run,
        series: cache,
        heat,
        width: look.width(Math.min(2, series.length), 74),
      }),
      title: panelTitle(context.groups.length > 1 ? `${cache}, ${run}` : cache),
    }));
    return sideBySide(panels, look, 2, { shared: true });
  },
  alt: (rows, context) => {
    const parts = seriesIn(rows, context).map(({ run, series }) => {
      const own = rows.filter((row) => row.run === run && row.series === series);
      const last = own.filter((row) => row.step === own.at(-1)!.step);
      const held = last.reduce(
        (sum, row) => sum + Number(row.share) * (Number(row.to_pos) - Number(row.from_pos)),
        0,
      );
      return `${series} at step ${last[0].step}: ${percentText(held / (Number(last[0].step) + 1))} of all tokens, ${percentText(last.at(-1)!.share as number)} of the newest part, ${percentText(last[0].share as number)} of the first`;
    });
    return `Heat maps of the share of tokens held by position and step. ${list(parts)}.`;
  },
};
