import { domainOf, exactDomain } from '../axes.js';
import { foretoldContext, foretoldSql } from '../foretold.js';
import { lineChart, seriesOf } from '../lines.js';
import type { Plot, Row } from '../plot.js';
import { binText, binWidth } from '../sql.js';
import { list, numberText } from '../words.js';

const POINTS = 24;

/** Whether there is something else than exact attention, and exact attention beside all of it. */
function isCompared(rows: readonly Row[]): boolean {
  return (
    rows.every(({ above_exact }) => above_exact !== null) && rows.some(({ above_exact }) => above_exact !== 0)
  );
}

/** How surprised a language model is by its text, by position: where a cache begins to miss what it left out. */
export const surprise: Plot = {
  id: 'surprise',
  title: 'Bits per token against position',
  caption:
    'How well the model foretold the text, −log₂ p of each token given those before it in its window, by position in the window: means over windows and over the positions of a point. A line for each output that drove the layers: exact, or a cache; where exact attention drove one of the runs, what the others are above it at the same tokens. Of a model of bytes a token is a byte.',
  needs: ['measures.value'],
  sql: (context) => {
    const width = binWidth(context, POINTS);
    return `
with ${foretoldSql(context).trim()}
select panel as run, cache, step // ${width} * ${width} as step, avg(nats) / ln(2) as bits_per_token,
  avg(nats - exact_nats) / ln(2) as above_exact, count(*) as tokens
from foretold left join exact using (panel, stream_id, step)
group by all
order by run, cache, step`.trim();
  },
  sampled: (context) => binText(context, POINTS),
  spec: (rows, look, context) => {
    const field = isCompared(rows) ? 'above_exact' : 'bits_per_token';
    const values = rows.map((row) => Number(row[field]));
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const air = 0.04 * (most - least);
    return lineChart(rows, look, foretoldContext(context), {
      x: {
        ...{ field: 'step', title: 'position in the window', kind: 'count' },
        domain: exactDomain(rows.map((row) => Number(row.step))),
      },
      y: {
        ...{ field, kind: 'plain' },
        title: field === 'above_exact' ? 'bits per token above exact attention' : 'bits per token',
        domain: least < most ? [least - air, most + air] : domainOf(values),
      },
    });
  },
  alt: (rows, context) => {
    const parts = foretoldContext(context).groups.flatMap(({ name }) =>
      seriesOf(rows, name).map(([cache, own]) => {
        const [first, last] = [own[0], own.at(-1)!];
        return `driven by ${cache}, from ${numberText(first.bits_per_token as number)} at position ${first.step} to ${numberText(last.bits_per_token as number)} at position ${last.step}`;
      }),
    );
    return `Lines of bits per token against the position. ${list(parts)}.`;
  },
};
