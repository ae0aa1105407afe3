import { FONT } from '../config.js';
import { THEMES, type ThemeName } from '../look.js';

/** The page's own colours, from those of the plots. */
function variables(theme: ThemeName): string {
  const { ink, soft, faint, paper, hues } = THEMES[theme];
  const warn = theme === 'light' ? '#fff6e5' : '#2c2414';
  const raised = theme === 'light' ? '#f6f8f9' : '#1b1f23';
  return `--ink:${ink};--soft:${soft};--faint:${faint};--paper:${paper};--link:${hues.blue};--warn:${warn};--raised:${raised};color-scheme:${theme}`;
}

/** Style of the report: one column, one type scale, the theme of the reader unless the switch says another. */
export const STYLE = `
:root{${variables('light')}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]):not(.printing){${variables('dark')}}}
:root[data-theme=dark]:not(.printing){${variables('dark')}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 ${FONT};font-variant-numeric:tabular-nums}
main,header,footer{max-width:940px;margin:0 auto;padding:0 20px}
header{padding-top:40px;position:relative}
h1{font-size:26px;line-height:1.2;font-weight:650;letter-spacing:-.01em;margin:0 90px 6px 0;overflow-wrap:anywhere}
h2{font-size:19px;line-height:1.3;font-weight:650;margin:0 0 4px}
h3{font-size:15px;font-weight:650;margin:28px 0 6px}
p{margin:0 0 10px;max-width:72ch}
.lead{color:var(--soft)}
a{color:var(--link);text-underline-offset:2px}
a:focus-visible,button:focus-visible,summary:focus-visible,.plot:focus-visible,.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-9999px}
.skip:focus{left:20px;top:8px;background:var(--paper);padding:4px 10px;z-index:5}
#theme{position:absolute;right:20px;top:42px}
button{font:inherit;font-size:13px;color:var(--ink);background:var(--raised);border:1px solid var(--faint);border-radius:5px;padding:2px 10px;cursor:pointer}
button:hover{border-color:var(--soft)}
nav ul{list-style:none;margin:18px 0 0;padding:12px 0;border-top:1px solid var(--faint);border-bottom:1px solid var(--faint);display:flex;flex-wrap:wrap;gap:2px 18px;font-size:14px}
.note{background:var(--warn);border-radius:6px;padding:10px 14px;margin:14px 0;max-width:none}
.note p:last-child{margin:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:13.5px;width:100%;margin:6px 0}
th,td{text-align:left;padding:4px 10px 4px 0;border-bottom:1px solid var(--faint);white-space:nowrap;vertical-align:baseline}
td:last-child,th:last-child{padding-right:0}
th{font-weight:550;color:var(--soft)}
td.number,th.number{text-align:right}
th.number{white-space:normal}
td.hash{font-family:ui-monospace,SFMono-Regular,Menlo,'Liberation Mono',monospace;font-size:12px}
.facts th{padding-right:24px;font-weight:450}
.facts td{white-space:normal;overflow-wrap:anywhere}
caption{text-align:left;color:var(--soft);padding-bottom:4px}
.dot{display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:7px}
figure{margin:46px 0 0;padding:0;scroll-margin-top:20px}
figcaption p{color:var(--soft);font-size:14px}
.plot{margin:12px 0 4px;overflow-x:auto;overflow-y:hidden}
.plot svg{display:block;max-width:none}
.row{min-height:0;font-size:13px;color:var(--soft)}
.row:empty{display:none}
.tools{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;font-size:13px;color:var(--soft)}
details{font-size:13px;margin-top:6px}
summary{cursor:pointer;color:var(--soft);width:fit-content}
details .table{max-height:360px;overflow:auto}
pre{background:var(--raised);border-radius:6px;padding:12px 14px;overflow-x:auto;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,'Liberation Mono',monospace;margin:6px 0}
.absent{font-size:14px}
.absent dt{font-weight:550;margin-top:6px}
.absent dd{margin:0;color:var(--soft)}
footer{margin-top:56px;padding-top:14px;padding-bottom:40px;color:var(--soft);font-size:13px}
#tip{position:fixed;z-index:9;pointer-events:none;background:var(--paper);border:1px solid var(--faint);border-radius:6px;box-shadow:0 4px 16px rgb(0 0 0/.18);padding:7px 11px;font-size:12.5px;max-width:360px}
#tip[hidden]{display:none}
#tip dl{display:grid;grid-template-columns:auto auto;gap:0 14px;margin:0}
#tip dt{color:var(--soft)}
#tip dd{margin:0;text-align:right;overflow-wrap:anywhere}
@media (max-width:640px){body{font-size:14px}header{padding-top:20px}#theme{top:20px}figure{margin-top:36px}}
@media print{
  @page{margin:14mm}
  body{font-size:10.5pt}
  main,header,footer{max-width:none;padding-left:0;padding-right:0}
  nav,.tools,#theme,.skip,#tip,details.rows,details:not([open]),.row{display:none!important}
  th,td{font-size:8.5pt;padding-right:7px}
  figure,table,.note,pre{break-inside:avoid}
  h2,h3{break-after:avoid}
  .plot{overflow:visible}
  figure{margin-top:24px}
  a{color:inherit;text-decoration:none}
}
`;
