import { channel, domainOf, exactDomain, type Axis } from '../axes.js';
import { hover, sideBySide } from '../lines.js';
import type { Look } from '../look.js';
import type { Plot, Row, Spec } from '../plot.js';
import { binText, binWidth } from '../sql.js';
import { list, numberText } from '../words.js';

const BINS = 48;
const HEIGHT = 220;

/** How hard approximation is here: R, and the scores themselves where a run measured them. */
export const scores: Plot = {
  id: 'scores',
  title: 'Scores and R',
  caption:
    'R is the standard deviation of the exact scores of a step, the one number that says how hard approximation is: median over heads, layers and streams, with a band from the 10th to the 90th percentile. With the operator score-histogram, also the scores of the last step that it looked at, beside a normal law of the same mean and R (dashed).',
  needs: ['steps.score_std'],
  sql: (context) => {
    const width = binWidth(context);
    return `
with deviations as (
  select ${context.run} as run, ${width === 1 ? 'step' : `step // ${width} * ${width} as step`},
    quantile_disc(score_std, 0.1) as r_p10, quantile_disc(score_std, 0.5) as r_p50, quantile_disc(score_std, 0.9) as r_p90
  from steps
  where score_std is not null and step > 0
  group by all
), last as (
  select trace, max(step) as step from measures where name = 'score-share' group by trace
), shares as (
  select ${context.run} as run, x, value, concat_ws('/', trace, stream_id, layer, head) as place
  from measures join last using (trace, step)
  where name = 'score-share'
), spans as (
  select run, min(x) as low, greatest(max(x) - min(x), 1e-9) / ${BINS} as width, count(distinct place) as places,
    sum(x * value) / sum(value) as mean, sqrt(sum(x * x * value) / sum(value) - (sum(x * value) / sum(value)) ** 2) as r
  from shares
  group by run
), histogram as (
  select run, low + (least(floor((x - low) / width), ${BINS - 1}) + 0.5) * any_value(width) as score,
    sum(value) / any_value(places * width) as density, any_value(mean) as mean, any_value(r) as r
  from shares join spans using (run)
  group by run, low, least(floor((x - low) / width), ${BINS - 1})
)
select run, step, r_p10, r_p50, r_p90, null as score, null as density, null as normal from deviations
union all
select run, null, null, null, null, score, density, exp(-0.5 * ((score - mean) / r) ** 2) / (r * sqrt(2 * pi())) from histogram
order by run, step, score`;
  },
  sampled: (context) => binText(context),
  spec: (rows, look, { groups }) => {
    const runs = groups.map(({ name }) => name).filter((name) => rows.some((row) => row.run === name));
    const both = rows.some(({ density }) => density !== null);
    const panels = runs.flatMap((run, i) => {
      const own = rows.filter((row) => row.run === run);
      const title =
        runs.length > 1
          ? { title: { text: run, anchor: 'start', fontSize: 12, fontWeight: 600, offset: 26 } }
          : {};
      const width = look.width(both || runs.length > 1 ? 2 : 1, 70);
      const r = { ...deviations(rows, look, i), ...title, width, height: HEIGHT, ...ofRun(run, 'r_p50') };
      const measured = own.some(({ density }) => density !== null);
      return measured
        ? [r, { ...histogram(own, look), width, height: HEIGHT, ...ofRun(run, 'density') }]
        : [r];
    });
    return sideBySide(panels, look, 2);
  },
  alt: (rows, { groups }) => {
    const parts = groups.flatMap(({ name }) => {
      const own = rows.filter((row) => row.run === name && row.r_p50 !== null);
      if (own.length === 0) return [];
      const [first, last] = [own[0], own.at(-1)!];
      return `${name}: R goes from ${numberText(first.r_p50 as number)} at step ${first.step} to ${numberText(last.r_p50 as number)} at step ${last.step}`;
    });
    return `Line of the standard deviation R of the exact scores against the step. ${list(parts)}.`;
  },
};

function ofRun(run: string, field: string): Spec {
  return { transform: [{ filter: { field: 'run', equal: run } }, { filter: `isValid(datum.${field})` }] };
}

function deviations(rows: readonly Row[], look: Look, at: number): Spec {
  const own = rows.filter(({ r_p50 }) => r_p50 !== null);
  const x: Axis = {
    field: 'step',
    title: 'step',
    kind: 'count',
    domain: exactDomain(own.map((row) => Number(row.step))),
  };
  const domain = domainOf(own.flatMap((row) => [row.r_p10 as number, row.r_p90 as number]));
  const y: Axis = { field: 'r_p50', title: 'R, standard deviation of scores', kind: 'plain', domain };
  const position = { x: channel(x), y: channel(y) };
  return {
    layer: [
      {
        mark: { type: 'area', color: look.mid, opacity: 0.35 },
        encoding: { x: position.x, y: { ...position.y, field: 'r_p10' }, y2: { field: 'r_p90' } },
      },
      { mark: { type: 'line', color: look.ink, strokeWidth: 1.6 }, encoding: position },
      hover(at, { ...position, color: { value: look.ink } }, look),
    ],
  };
}

function histogram(rows: readonly Row[], look: Look): Spec {
  const own = rows.filter(({ density }) => density !== null);
  const scores = own.map(({ score }) => Number(score)).sort((a, b) => a - b);
  const half = scores.length > 1 ? (scores.at(-1)! - scores[0]) / (scores.length - 1) / 2 : 0.5;
  const x: Axis = {
    field: 'score',
    title: 'score',
    kind: 'plain',
    domain: [scores[0] - half, scores.at(-1)! + half],
  };
  const most = Math.max(...own.flatMap((row) => [Number(row.density), Number(row.normal ?? 0)]));
  const y: Axis = {
    field: 'density',
    title: 'share of pairs per unit of score',
    kind: 'plain',
    domain: [0, 1.05 * most],
  };
  return {
    layer: [
      {
        transform: [
          { calculate: `datum.score - ${half}`, as: '_from' },
          { calculate: `datum.score + ${half}`, as: '_to' },
        ],
        mark: { type: 'rect', color: look.heat[3], stroke: look.paper, strokeWidth: 0.5 },
        encoding: {
          x: { ...channel(x), field: '_from' },
          x2: { field: '_to' },
          y: channel(y),
          y2: { datum: 0 },
        },
      },
      {
        mark: {
          type: 'line',
          color: look.ink,
          strokeDash: [5, 3],
          strokeWidth: 1.4,
          interpolate: 'monotone',
        },
        encoding: { x: channel(x), y: { ...channel(y), field: 'normal' } },
      },
    ],
  };
}
