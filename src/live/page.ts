import { THEMES, type ThemeName } from '../report/look.js';

/** The page: everything that changes is filled in by its script. */
export function page(): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>kronflow: live</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script defer src="vega.js"></script>
<script defer src="vega-lite.js"></script>
<script type="module" src="live/browser/main.js"></script>
</head>
<body>
<header>
<h1>kronflow <span id="dir"></span></h1>
<p id="status" role="status">connecting</p>
</header>
<main>
<section aria-label="Progress">
<progress id="progress" aria-label="Steps done"></progress>
<dl id="facts"></dl>
<p id="note"></p>
</section>
<section aria-labelledby="caches-title">
<h2 id="caches-title">Caches</h2>
<div class="scroll"><table id="caches">
<thead><tr><th scope="col">cache</th><th scope="col">held, latest step</th><th scope="col">ms/token, latest step</th>
<th scope="col">error, latest step</th><th scope="col">error, median</th><th scope="col">error, 99 %</th><th scope="col">warnings</th></tr></thead>
<tbody></tbody>
</table></div>
</section>
<div id="plots"></div>
<section aria-labelledby="events-title">
<h2 id="events-title">Events</h2>
<ol id="events"><li>none so far</li></ol>
</section>
</main>
<noscript><p>This page draws with JavaScript.</p></noscript>
</body>
</html>
`;
}

/** Its style, with the colours of the reports. */
export function style(): string {
  return `:root { color-scheme: light dark; ${variables('light')} }
@media (prefers-color-scheme: dark) { :root { ${variables('dark')} } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 20px 24px 48px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; border-bottom: 1px solid var(--faint); }
h1 { font-size: 20px; margin: 0 0 8px; }
h1 span { font-weight: 400; color: var(--soft); overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 28px 0 4px; }
#status { margin: 0 0 8px auto; font-weight: 600; }
#status[data-status='failed'], #status[data-status='lost'] { color: var(--crimson); }
#status[data-status='complete'] { color: var(--green); }
progress { width: 100%; height: 8px; margin-top: 16px; accent-color: var(--blue); }
dl { display: flex; flex-wrap: wrap; gap: 4px 32px; margin: 8px 0 0; }
dl div { display: flex; flex-direction: column-reverse; }
dt { color: var(--soft); font-size: 12px; }
dd { margin: 0; font-size: 18px; font-variant-numeric: tabular-nums; }
#note { margin: 12px 0 0; overflow-wrap: anywhere; }
#note:empty { display: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px 4px 0; text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; }
th { font-weight: 400; color: var(--soft); font-size: 12px; }
th:first-child, td:first-child { text-align: left; }
tbody th { color: var(--ink); font-size: 14px; font-weight: 500; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin-right: 8px; }
${Object.keys(THEMES.light.hues)
  .map((hue) => `.swatch.${hue} { background: var(--${hue}); }`)
  .join('\n')}
#plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 0 32px; }
figure { margin: 0; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figure .plot { min-height: 300px; overflow-x: auto; }
figure .plot svg { display: block; max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: 12px; margin-bottom: 8px; }
figcaption h2 { color: var(--ink); }
#events { padding-left: 20px; margin: 4px 0; overflow-wrap: anywhere; }
`;
}

function variables(theme: ThemeName): string {
  const { ink, soft, faint, paper, hues } = THEMES[theme];
  return Object.entries({ ...hues, ink, soft, faint, paper })
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');
}
