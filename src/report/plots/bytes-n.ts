import { groupThousands } from '../../core/format.js';
import { growthPlot } from '../growth-plot.js';
import type { Context } from '../plot.js';
import { logSampled, MOST_POINTS } from '../sql.js';
import { bytesText } from '../words.js';

/** What is held after n tokens: measured, with the power law through it beside the power that the formula has. */
export const bytesN = growthPlot({
  id: 'bytes-n',
  title: 'Bytes against n',
  caption:
    'What a cache holds after n tokens, entries and bookkeeping, all heads and layers of a stream. At the end of each line: the power of n through its last two thirds, and in brackets the power that its formula has for long streams.',
  needs: ['steps.resident_bytes', 'steps.metadata_bytes'],
  sql: (context) => `
with streams as (
  select trace, ${context.run} as run, cache, stream_id, step + 1 as n,
    sum(resident_bytes + metadata_bytes) as held_bytes, sum(formula_bytes) as formula_bytes
  from steps${where(context)}
  group by all
)
select run, cache, n, avg(held_bytes) as held_bytes, min(held_bytes) as least_bytes, max(held_bytes) as most_bytes,
  avg(formula_bytes) as formula_bytes
from streams
group by all
order by run, cache, n`,
  sampled: (context) =>
    logSampled(context) === null
      ? null
      : `Of ${groupThousands(context.steps)} steps, one is drawn for each of ${MOST_POINTS} equal parts of the logarithm of n.`,
  y: { field: 'held_bytes', title: 'bytes held', kind: 'bytes' },
  band: ['least_bytes', 'most_bytes'],
  theory: 'bytes',
  words: {
    all: 'bytes held against tokens',
    end: (bytes, n) => `holds ${bytesText(bytes)} after ${n} tokens`,
  },
});

function where(context: Context): string {
  const sampled = logSampled(context);
  return sampled === null ? '' : `\n  where ${sampled}`;
}
