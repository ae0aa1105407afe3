import { byLabel } from '../by-size.js';
import { heatOf } from '../heat.js';
import { sideBySide } from '../lines.js';
import type { Context, Plot, Row } from '../plot.js';
import { list, numberText } from '../words.js';

const CELL = 30;
/** More cells than this are not written on. */
const WRITTEN = 64;
/** Few enough characters for a cell. */
const WRITTEN_TEXT = "format(datum.error_mean, datum.error_mean < 0.01 ? '.0e' : '.2~g')";

/** Which heads of which layers a cache answers well. */
export const heads: Plot = {
  id: 'heads',
  title: 'Error by layer and head',
  caption:
    'Mean relative error of each head of each layer, over all steps and streams; the stronger a cell stands out, the further from exact.',
  needs: ['steps.err_rel_l2'],
  sql: (context) => `
select ${context.run} as run, cache, layer, head, avg(err_rel_l2) as error_mean, max(err_rel_l2) as error_most,
  sqrt(avg(score_std ** 2) filter (step > 0)) as score_std
from steps
where err_rel_l2 is not null
group by all
order by run, cache, layer, head`,
  sampled: () => null,
  refuse: (rows) => {
    const places = new Set(rows.map(({ layer, head }) => `${layer}/${head}`));
    return places.size === 1 ? 'these traces have one layer with one head' : null;
  },
  spec: (rows, look, context) => {
    const panels = panelsOf(rows, context);
    const most = Math.max(1e-9, ...panels.flatMap(({ own }) => own.map((row) => Number(row.error_mean))));
    const drawn = panels.map(({ run, cache, own }) => {
      const [layers, columns] = [countOf(own, 'layer'), countOf(own, 'head')];
      const position = {
        x: {
          field: 'head',
          type: 'ordinal',
          axis: { title: 'head', labelAngle: 0, domain: false, ticks: false },
        },
        y: { field: 'layer', type: 'ordinal', axis: { title: 'layer' } },
      };
      const heat = heatOf(
        { field: 'error_mean', title: 'mean relative error', domain: [0, most], format: '~g' },
        look,
      );
      const cell = {
        mark: { type: 'rect', stroke: look.paper, strokeWidth: 1 },
        encoding: { ...position, color: heat },
      };
      const dark = {
        condition: { test: `datum.error_mean > ${0.55 * most}`, value: look.heat[0] },
        value: look.ink,
      };
      const written = {
        transform: [{ calculate: WRITTEN_TEXT, as: 'written' }],
        mark: { type: 'text', fontSize: 9.5 },
        encoding: {
          ...position,
          text: { field: 'written' },
          color: dark,
        },
      };
      return {
        ...{ width: CELL * columns, height: Math.max(CELL, 24) * layers },
        title: {
          text: context.groups.length > 1 ? `${cache}, ${run}` : cache,
          anchor: 'start',
          fontSize: 12,
          fontWeight: 600,
          offset: 24,
        },
        transform: [{ filter: { field: 'run', equal: run } }, { filter: { field: 'cache', equal: cache } }],
        layer: layers * columns <= WRITTEN ? [cell, written] : [cell],
      };
    });
    const px = CELL * countOf(rows, 'head') + 90;
    return sideBySide(drawn, look, Math.max(1, Math.floor(860 / px)), { shared: true, px });
  },
  alt: (rows, context) => {
    const parts = panelsOf(rows, context).map(({ cache, own }) => {
      const sorted = [...own].sort((a, b) => Number(a.error_mean) - Number(b.error_mean));
      const [best, worst] = [sorted[0], sorted.at(-1)!];
      return `${cache}: from ${numberText(best.error_mean as number)} at layer ${best.layer}, head ${best.head} to ${numberText(worst.error_mean as number)} at layer ${worst.layer}, head ${worst.head}`;
    });
    return `Heat maps of the mean relative error by layer and head. ${list(parts)}.`;
  },
};

/** One panel a cache whose error is more than rounding; all of them where every one is exact. */
function panelsOf(rows: readonly Row[], { groups }: Context) {
  const all = groups.flatMap(({ name }) => {
    const own = rows.filter(({ run }) => run === name);
    return [...new Set(own.map(({ cache }) => String(cache)))].sort(byLabel).map((cache) => {
      return { run: name, cache, own: own.filter((row) => row.cache === cache) };
    });
  });
  const far = all.filter(({ own }) => own.some((row) => Number(row.error_mean) > 1e-5));
  return far.length > 0 ? far : all;
}

function countOf(rows: readonly Row[], field: string): number {
  return new Set(rows.map((row) => row[field])).size;
}
