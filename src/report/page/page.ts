import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenedTrace } from '../../query/index.js';
import { counted, groupThousands } from '../../core/format.js';
import { VERSION } from '../../core/version.js';
import type { Answered, LeftOut } from '../collect.js';
import { configOf } from '../config.js';
import { layout, symbolic, THEMES, tokens, type ThemeName } from '../look.js';
import type { Context, Row } from '../plot.js';
import { factsTable } from './facts.js';
import { embedJson, escapeHtml, inlineScript } from './html.js';
import type { PageData, PagePlot } from './page-data.js';
import { STYLE } from './style.js';
import { summaryTable } from './summary.js';

/** What a report is made of. */
export interface Report {
  readonly context: Context;
  readonly summary: readonly Row[];
  readonly answered: readonly Answered[];
  readonly leftOut: readonly LeftOut[];
  /** What readers must know before they compare anything. */
  readonly warnings: readonly string[];
}

/** The whole page: data, styles and scripts in one text, nothing to load. */
export function pageOf(report: Report): string {
  const { context, answered, leftOut, warnings } = report;
  const title = `kronflow: ${
    tracesOf(report)
      .map(({ label }) => label)
      .join(', ') || headline(report)
  }`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${hueVariables()}</style>
<script>try{const t=localStorage.getItem('kronflow-theme');if(t)document.documentElement.dataset.theme=t}catch{}</script>
</head>
<body>
<a class="skip" href="#plots">Skip to the plots</a>
<header>
<h1>${escapeHtml(headline(report))}</h1>
<p class="lead">${escapeHtml(lead(report))}</p>
<button id="theme" type="button">Dark</button>
<nav aria-label="Plots"><ul>${answered.map(({ plot }) => `<li><a href="#plot-${plot.id}">${escapeHtml(plot.title)}</a></li>`).join('')}</ul></nav>
</header>
<main>
<noscript><p class="note">The plots are drawn by a script in this page, and scripts are switched off. What stands in tables can be read without.</p></noscript>
${warnings.length === 0 ? '' : `<div class="note" role="note">${warnings.map((text) => `<p>${escapeHtml(text)}</p>`).join('')}</div>`}
${runs(report)}
<div id="plots">
${answered.map((one) => figure(one, context)).join('\n')}
</div>
${absent(leftOut)}
</main>
<footer><p>Made by kronflow ${VERSION}. Everything is in this file; it loads nothing. Rows of the traces are aggregated by the queries shown, never dropped from the traces.</p></footer>
<div id="tip" role="status" hidden></div>
<script type="application/json" id="data">${embedJson(pageData(report))}</script>
${inlineScript(library('vega', 'vega.min.js'))}
${inlineScript(library('vega-lite', 'vega-lite.min.js'))}
${inlineScript(clientScript())}
</body>
</html>
`;
}

function tracesOf({ context: { groups } }: Report): readonly OpenedTrace[] {
  return groups.flatMap((group) => group.traces);
}

/** Numbers and facts of the runs; nothing where none was named. */
function runs(report: Report): string {
  const traces = tracesOf(report);
  if (traces.length === 0) return '';
  return `<h3>Summary</h3>
${summaryTable(report.summary, report.context)}
<details><summary>Facts of the run${traces.length === 1 ? '' : 's'}: configuration, kernel, versions, hashes</summary>
${factsTable(traces)}</details>`;
}

function headline({ context: { groups, games } }: Report): string {
  const names = groups.map(({ name }) => name);
  if (names.length === 0) return games.length === 1 ? 'Index game' : `${games.length} index games`;
  return names.length <= 4
    ? names.join(' · ')
    : `${names.slice(0, 3).join(' · ')} and ${names.length - 3} more`;
}

function lead(report: Report): string {
  const { context, summary } = report;
  const traces = tracesOf(report);
  if (traces.length === 0) return 'Results of index games alone: no trace was named';
  const caches = new Set(summary.map(({ cache }) => cache)).size;
  const rows = traces.reduce((sum, { run }) => sum + (run.counters.rows.steps ?? 0), 0);
  const many = traces.length === 1 ? '' : `${traces.length} traces, `;
  const steps = `${groupThousands(context.steps)} step${context.steps === 1 ? '' : 's'}`;
  return `${many}${counted(caches, 'cache')}, ${steps}, ${groupThousands(rows)} rows`;
}

function figure({ plot, sql, sampled, rows }: Answered, context: Context): string {
  const { id, title, caption } = plot;
  const buttons = ['svg', 'png', 'csv'].map(
    (kind) =>
      `<button type="button" data-kind="${kind}" aria-label="Download ${escapeHtml(title)} as ${kind.toUpperCase()}">${kind.toUpperCase()}</button>`,
  );
  const query =
    sql === null
      ? ''
      : `<details class="sql"><summary>SQL</summary><pre tabindex="0"><code>${escapeHtml(sql)}</code></pre></details>`;
  return `<figure id="plot-${id}" aria-labelledby="title-${id}">
<figcaption><h2 id="title-${id}">${escapeHtml(title)}</h2><p>${escapeHtml(caption)}${sampled === null ? '' : ` ${escapeHtml(sampled)}`}</p></figcaption>
<div class="plot" tabindex="0" role="img" aria-label="${escapeHtml(plot.alt(rows, context))}"></div>
<p class="row" aria-live="polite"></p>
<div class="tools"><span>Download</span>${buttons.join('')}</div>
<details class="rows"><summary>Data</summary><div class="table scroll" tabindex="0" role="region" aria-label="Rows of ${escapeHtml(title)}"></div></details>
${query}
</figure>`;
}

function absent(leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return '';
  const items = leftOut.map(
    ({ plot, reason }) => `<dt>${escapeHtml(plot.title)}</dt><dd>${escapeHtml(reason)}</dd>`,
  );
  return `<section class="absent"><h3>Not drawn</h3><dl>${items.join('')}</dl></section>`;
}

function pageData({ context, answered }: Report): PageData {
  return {
    plots: answered.map((one) => pagePlot(one, context)),
    themes: { light: tokens('light'), dark: tokens('dark') },
    layout,
    config: configOf(symbolic),
  };
}

function pagePlot({ plot, rows }: Answered, context: Context): PagePlot {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return {
    ...{ id: plot.id, title: plot.title, columns },
    spec: plot.spec(rows, symbolic, context),
    rows: rows.map((row) => columns.map((name) => row[name] ?? null)),
  };
}

function hueVariables(): string {
  const of = (theme: ThemeName) =>
    Object.entries(THEMES[theme].hues)
      .filter(([hue]) => hue !== 'ink')
      .map(([hue, colour]) => `--${hue}:${colour}`)
      .join(';');
  return `:root{${of('light')}}@media (prefers-color-scheme:dark){:root:not([data-theme=light]):not(.printing){${of('dark')}}}:root[data-theme=dark]:not(.printing){${of('dark')}}`;
}

/** A browser build beside the module that Node would load. */
function library(name: string, file: string): string {
  const main = createRequire(import.meta.url).resolve(name);
  return readFileSync(join(dirname(main), file), 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
}

/** The page's own script: two compiled modules as one text, beside this file or, when this runs as TypeScript, in dist. */
function clientScript(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = import.meta.url.endsWith('.ts') ? join(here, '../../../dist/src/report/page') : here;
  const parts = ['rows.js', 'client.js'].map((name) => readFileSync(join(folder, name), 'utf8'));
  const plain = parts.map((text) =>
    text.replace(/^(import .*|export \{\};|\/\/# sourceMappingURL=.*)$/gm, '').replace(/^export /gm, ''),
  );
  return `(() => {\n${plain.join('\n')}\n})();`;
}
