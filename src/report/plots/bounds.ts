import { boundsInput } from '../../bounds/index.js';
import { lemma51 } from '../../bounds/statements/lemma-5-1.js';
import { along, channel, domainOf, exactDomain, type Axis } from '../axes.js';
import { styleOfName } from '../colours.js';
import { labelPlaces } from '../label-places.js';
import { hover, sideBySide } from '../lines.js';
import type { Look } from '../look.js';
import type { Context, Plot, Row, Spec } from '../plot.js';
import { binText, binWidth } from '../sql.js';
import { list, numberText, percentText } from '../words.js';

/** Probability with which sampling may fail, as `kronflow bounds` has it. */
const FAIL = boundsInput.parse({}).fail;
const HEIGHT = 200;
const LINES = ['most', 'measured', 'claimed', 'corrected', 'certificate'] as const;
const NAMES: Readonly<Record<(typeof LINES)[number], string>> = {
  ...{ most: 'largest', measured: 'median', claimed: 'claimed' },
  ...{ corrected: 'corrected', certificate: 'certificate' },
};

/** Bounds beside what they bound: claimed by a paper, corrected, measured. */
export const boundsPlot: Plot = {
  id: 'bounds',
  title: 'Claimed, corrected and measured bounds',
  caption: `For sampling caches, ε: the error over ‖p‖₂·‖V1 ⊘ V2‖₂. The paper's condition on its sample size alone gives √(d/s), claimed; with the constant that Chebyshev's inequality needs to fail in at most ${100 * FAIL} % of answers it is √(3·d/(s·${FAIL})), corrected. For certified caches, ‖o − ô‖₂ and the bound computed with each answer; where nothing was skipped it is 0 and has no place on a logarithmic axis. What Lemma 5.1 of the paper leaves open: ${lemma51(boundsInput.parse({})).wrong}`,
  needs: ['steps.within_bound', 'steps.err_eps'],
  sql: (context) => {
    const width = binWidth(context);
    return `
select ${context.run} as run, cache, ${width === 1 ? 'step' : `step // ${width} * ${width} as step`},
  certificate is not null as certified,
  quantile_disc(if(certificate is null, err_eps, err_l2), 0.5) as measured, max(if(certificate is null, err_eps, err_l2)) as most,
  quantile_disc(claimed_eps, 0.5) as claimed, sqrt(3 / ${FAIL}) * quantile_disc(claimed_eps, 0.5) as corrected,
  quantile_disc(certificate, 0.5) as certificate, avg(within_bound::int) as within_share
from steps
where within_bound is not null
group by all
order by run, cache, step`;
  },
  sampled: (context) => binText(context),
  spec: (rows, look, context) => {
    const panels = panelsOf(rows, context);
    const many = context.groups.length > 1;
    const drawn = panels.map(({ run, cache, own }, at) => ({
      ...panel(own, look, context, { run, cache, at }),
      title: {
        ...{
          text: many ? `${cache}, ${run}` : cache,
          anchor: 'start',
          fontSize: 12,
          fontWeight: 600,
          offset: 24,
        },
        color: look.hue((context.styles.get(cache) ?? styleOfName(cache)).hue),
      },
      ...{ width: look.width(Math.min(2, panels.length), 140), height: HEIGHT },
    }));
    return sideBySide(drawn, look);
  },
  alt: (rows, context) => {
    const parts = panelsOf(rows, context).map(({ cache, own }) => {
      const last = own.at(-1)!;
      const bound = last.certified
        ? `certificate ${numberText(last.certificate as number)}`
        : `claimed ${numberText(last.claimed as number)}, corrected ${numberText(last.corrected as number)}`;
      const within = own.reduce((sum, row) => sum + Number(row.within_share), 0) / own.length;
      return `${cache} at step ${last.step}: measured ${numberText(last.measured as number)}, ${bound}; ${percentText(within)} of the answers are within their bound`;
    });
    return `Lines of measured errors and of the bounds on them, logarithmic, against the step. ${list(parts)}.`;
  },
};

function panelsOf(rows: readonly Row[], { groups }: Context) {
  const keys = groups.flatMap(({ name }) => {
    const caches = [...new Set(rows.filter(({ run }) => run === name).map(({ cache }) => String(cache)))];
    return caches.map((cache) => ({ run: name, cache }));
  });
  return keys.map(({ run, cache }) => {
    return { run, cache, own: rows.filter((row) => row.run === run && row.cache === cache) };
  });
}

function panel(
  rows: readonly Row[],
  look: Look,
  { styles }: Context,
  { run, cache, at }: { run: string; cache: string; at: number },
): Spec {
  const lines = LINES.filter((line) => rows.some((row) => row[line] !== null));
  const values = rows.flatMap((row) => lines.map((line) => row[line] as number));
  const certified = rows.some((row) => row.certified);
  const x: Axis = {
    field: 'step',
    title: 'step',
    kind: 'count',
    domain: exactDomain(rows.map((row) => Number(row.step))),
  };
  const y: Axis = {
    ...{ field: 'value', title: certified ? '‖o − ô‖₂' : 'ε', log: true, kind: 'error' },
    domain: domainOf(values, true),
  };
  const hue = look.hue((styles.get(cache) ?? styleOfName(cache)).hue);
  const colours = {
    most: hue,
    measured: hue,
    claimed: look.ink,
    corrected: look.soft,
    certificate: look.ink,
  };
  const dashes = { most: [1, 2], measured: [1, 0], claimed: [6, 3], corrected: [2, 2], certificate: [6, 3] };
  const colour = {
    ...{ field: 'line', type: 'nominal', legend: null },
    scale: { domain: [...lines], range: lines.map((line) => colours[line]) },
  };
  const dash = { ...colour, scale: { domain: [...lines], range: lines.map((line) => dashes[line]) } };
  const position = { x: channel(x), y: channel(y) };
  return {
    transform: [
      { filter: { field: 'run', equal: run } },
      { filter: { field: 'cache', equal: cache } },
      { fold: [...lines], as: ['line', 'value'] },
      { filter: 'isValid(datum.value) && datum.value > 0' },
    ],
    layer: [
      {
        mark: { type: 'line', strokeWidth: 1.6, clip: true },
        encoding: { ...position, color: colour, strokeDash: dash },
      },
      hover(at, { ...position, color: colour }, look),
      names(rows, lines, x, y, colour),
    ],
  };
}

function names(
  rows: readonly Row[],
  lines: readonly (typeof LINES)[number][],
  x: Axis,
  y: Axis,
  color: Spec,
): Spec {
  const scale = along(y);
  const ends = lines.flatMap((line) => {
    const last = [...rows].reverse().find((row) => Number(row[line]) > 0);
    return last ? [{ line, want: Math.max(0, Math.min(1, scale.to(Number(last[line])))) }] : [];
  });
  const places = labelPlaces(
    ends.map(({ want }) => want),
    13 / HEIGHT,
  );
  return {
    data: { values: ends.map(({ line }, i) => ({ line, text: NAMES[line], y: scale.from(places[i]) })) },
    mark: { type: 'text', align: 'left', baseline: 'middle', dx: 6, fontSize: 11 },
    encoding: {
      x: { datum: x.domain[1], type: 'quantitative' },
      y: { field: 'y', type: 'quantitative' },
      text: { field: 'text' },
      color,
    },
  };
}
