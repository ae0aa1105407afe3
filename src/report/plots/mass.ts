import { panelTitle, sideBySide } from '../lines.js';
import type { Plot } from '../plot.js';
import { MOST_COLUMNS, positionPanel, positionSql, seriesIn } from '../positions-map.js';
import { list, percentText } from '../words.js';

/** Where exact attention looks: first tokens (sinks), recent ones, or everywhere. */
export const mass: Plot = {
  id: 'mass',
  title: 'Attention mass over positions',
  caption:
    'How much of the exact softmax falls on a token of each part of the stream, as a multiple of an even share: what stands out at the bottom are sinks, along the diagonal recency. Mean over heads, layers and streams.',
  needs: [],
  sql: (context) => `
select *, share * (step + 1) / (to_pos - from_pos) as times_even
from (${positionSql(context, 'mass-side_', "replace(name, 'mass-side', 'side ')")}
)`,
  sampled: () => `At most ${MOST_COLUMNS} of the steps that were measured are drawn, the others left out.`,
  refuse: (rows) =>
    rows.length === 0
      ? 'the run had no operator mass-by-position: kronflow run --operator mass-by-position'
      : null,
  spec: (rows, look, context) => {
    const values = rows.map((row) => Number(row.times_even)).sort((a, b) => a - b);
    const most = Math.max(2, values[Math.floor(0.995 * (values.length - 1))]);
    const heat = {
      field: 'times_even',
      title: 'times an even share',
      domain: [0, most] as const,
      format: '.2~r',
    };
    const series = seriesIn(rows, context);
    const panels = series.map(({ run, series: side }) => ({
      ...positionPanel(rows, look, {
        run,
        series: side,
        heat,
        width: look.width(Math.min(2, series.length), 74),
      }),
      title: panelTitle(context.groups.length > 1 ? `${run}, ${side}` : side),
    }));
    return sideBySide(panels, look, 2, { shared: true });
  },
  alt: (rows, context) => {
    const parts = seriesIn(rows, context).map(({ run, series }) => {
      const own = rows.filter((row) => row.run === run && row.series === series);
      const last = own.filter((row) => row.step === own.at(-1)!.step);
      const [first, newest] = [last[0], last.at(-1)!];
      return `${series}, step ${first.step}: ${percentText(first.share as number)} on positions ${first.from_pos} to ${Number(first.to_pos) - 1}, ${percentText(newest.share as number)} on ${newest.from_pos} to ${Number(newest.to_pos) - 1}`;
    });
    return `Heat maps of the exact attention mass by position and step. ${list(parts)}.`;
  },
};
