import { heatOf } from '../heat.js';
import { sideBySide } from '../lines.js';
import type { Context, Plot, Row } from '../plot.js';
import { list, numberText } from '../words.js';

const CELL = 44;

/** Whether a cache still has the token that every query looks for. */
export const needle: Plot = {
  id: 'needle',
  title: 'Needle: depth and length',
  caption:
    'Mean relative error over the last tenth of a stream in which every query looks for one token, by where that token stood and how long the stream is. Darker is further from exact; 1 and more: the needle is lost.',
  needs: ['steps.err_rel_l2'],
  sql: (context) => {
    const found = needles(context);
    if (found.length === 0) return { missing: 'no trace has --source needle' };
    if (found.length === 1)
      return {
        missing:
          'one needle is no map: name several traces, of other positions or lengths of --source needle',
      };
    const values = found.map(
      ({ trace, length, depth }) => `('${trace.replaceAll("'", "''")}', ${length}, ${depth})`,
    );
    return `
with needles(trace, length, depth) as (values ${values.join(', ')}),
ends as (select trace, max(step) as last from steps group by trace)
select cache, length, depth, avg(err_rel_l2) as error_mean, max(err_rel_l2) as error_most, avg(lost_mass) as lost_mass
from steps join needles using (trace) join ends using (trace)
where step >= 0.9 * last and err_rel_l2 is not null
group by all
order by cache, length, depth`;
  },
  sampled: () => null,
  spec: (rows, look, { styles }) => {
    const caches = [...new Set(rows.map(({ cache }) => String(cache)))].sort(
      (a, b) => order(styles, a) - order(styles, b),
    );
    const [lengths, depths] = ['length', 'depth'].map((field) => new Set(rows.map((row) => row[field])).size);
    const panels = caches.map((cache) => {
      const position = {
        x: {
          field: 'length',
          type: 'ordinal',
          axis: {
            title: 'length, tokens',
            labelAngle: 0,
            domain: false,
            ticks: false,
            labelExpr: "format(datum.value, ',~r')",
          },
        },
        y: {
          field: 'depth',
          type: 'ordinal',
          axis: { title: 'depth of the needle', labelExpr: "format(datum.value, '~%')" },
        },
      };
      const heat = heatOf({ field: 'error_mean', title: 'mean relative error', domain: [0, 1] }, look);
      const dark = { condition: { test: 'datum.error_mean > 0.55', value: look.heat[0] }, value: look.ink };
      return {
        ...{ width: CELL * lengths, height: 26 * depths },
        title: { text: cache, anchor: 'start', fontSize: 12, fontWeight: 600, offset: 24 },
        transform: [{ filter: { field: 'cache', equal: cache } }],
        layer: [
          {
            mark: { type: 'rect', stroke: look.paper, strokeWidth: 1 },
            encoding: { ...position, color: heat },
          },
          {
            mark: { type: 'text', fontSize: 10 },
            encoding: {
              ...position,
              text: { field: 'error_mean', type: 'quantitative', format: '.2~g' },
              color: dark,
            },
          },
        ],
      };
    });
    const px = CELL * lengths + 100;
    return sideBySide(panels, look, Math.max(1, Math.floor(860 / px)), { shared: true, px });
  },
  alt: (rows) => {
    const caches = [...new Set(rows.map(({ cache }) => String(cache)))];
    const parts = caches.map((cache) => {
      const own = rows.filter((row) => row.cache === cache);
      const lost = own.filter((row) => Number(row.error_mean) > 0.5).length;
      return `${cache}: error above 0.5 at ${lost} of ${own.length} places, at most ${numberText(Math.max(...own.map((row) => Number(row.error_mean))))}`;
    });
    return `Heat maps of the error by depth of the needle and length of the stream. ${list(parts)}.`;
  },
};

function order(styles: Context['styles'], cache: string): number {
  return [...styles.keys()].indexOf(cache);
}

function needles({ groups }: Context): readonly { trace: string; length: number; depth: number }[] {
  return groups
    .flatMap(({ traces }) => traces)
    .flatMap(({ label, run }) => {
      const { name, options } = (run.config.source ?? {}) as { name?: string; options?: Row };
      const [length, depth] = [Number(options?.n), Number(options?.position)];
      return name === 'needle' && Number.isFinite(length) && Number.isFinite(depth)
        ? [{ trace: label, length, depth }]
        : [];
    });
}
