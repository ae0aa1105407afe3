import type { Row } from '../plot.js';
import type { PageData, PagePlot } from './page-data.js';
import { csvOf, fillTable, rowTable, text } from './rows.js';

// This file runs in the page, after Vega and Vega-Lite, which leave themselves here. Of the imports, types vanish and rows.ts is put before it.
interface Item {
  readonly datum?: unknown;
  readonly mark?: { readonly marktype: string };
}
interface View {
  run(): View;
  runAsync(): Promise<View>;
  finalize(): void;
  toSVG(scale?: number): Promise<string>;
  toCanvas(scale?: number): Promise<HTMLCanvasElement>;
  addEventListener(type: string, handler: (event: MouseEvent, item: Item | null) => void): void;
}
declare const vega: {
  View: new (runtime: unknown, options: object) => View;
  parse(spec: unknown): unknown;
  Warn: number;
};
declare const vegaLite: { compile(spec: unknown, options: object): { spec: unknown } };

const PRINT_WIDTH = 680; // pixels of a printed page's column
const PRINT_HEIGHT = 800; // pixels that a plot may take of a page of A4 or letter, below its words
const LEAST_SCALE = 0.5; // text half as large can just be read; a plot that is taller still takes several pages
const data = JSON.parse(document.getElementById('data')!.textContent) as PageData;
const views = new Map<string, View>();
const silent = {
  level: () => silent,
  error: () => silent,
  warn: () => silent,
  info: () => silent,
  debug: () => silent,
};
const dark = matchMedia('(prefers-color-scheme: dark)');
let printing = false;

function theme(): 'light' | 'dark' {
  if (printing) return 'light';
  const chosen = document.documentElement.dataset.theme;
  return chosen === 'light' || chosen === 'dark' ? chosen : dark.matches ? 'dark' : 'light';
}

/** A spec with colours and widths put in for their names. */
function resolved(value: unknown, names: Readonly<Record<string, string>>, width: number): unknown {
  if (typeof value === 'string') return value[0] === '@' ? token(value, names, width) : value;
  if (Array.isArray(value)) return value.map((part) => resolved(part, names, width));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolved(part, names, width)]));
}

function token(text: string, names: Readonly<Record<string, string>>, width: number): string | number {
  const [name, wanted, margin] = text.split(':');
  const { narrow, gap } = data.layout;
  const columns = width < narrow ? 1 : Number(wanted);
  if (name === '@columns') return columns;
  if (name === '@width')
    return Math.max(150, Math.floor((width - gap * (columns - 1)) / columns - Number(margin)));
  return names[text] ?? text;
}

function rowsOf({ columns, rows }: PagePlot): Row[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
}

function figureOf(plot: PagePlot): HTMLElement {
  return document.getElementById(`plot-${plot.id}`)!;
}

function draw(plot: PagePlot): void {
  const figure = figureOf(plot);
  const box = figure.querySelector<HTMLElement>('.plot')!;
  const width = printing ? PRINT_WIDTH : Math.max(280, box.clientWidth - 8);
  const names = data.themes[theme()];
  const spec = { ...plot.spec, datasets: { rows: rowsOf(plot) }, config: data.config };
  const compiled = vegaLite.compile(resolved(spec, names, width), { logger: silent }).spec;
  views.get(plot.id)?.finalize();
  const within = document.createElement('div'); // Vega gives it a label of its own: the box around it has the words
  within.setAttribute('aria-hidden', 'true');
  box.replaceChildren(within);
  const view = new vega.View(vega.parse(compiled), {
    renderer: 'svg',
    container: within,
    hover: true,
    logger: silent,
  });
  view.run(); // rows are here already, so one synchronous pass draws everything
  view.addEventListener('pointermove', (event, item) => show(plot, item, event));
  view.addEventListener('pointerout', hide);
  if (printing) void view.runAsync().then(() => fitPage(within.querySelector('svg')!)); // only now it has its size
  box.dataset.width = String(width);
  views.set(plot.id, view);
}

/** Make a picture that is taller than a page as small as the page: a browser cuts it otherwise. */
function fitPage(svg: SVGElement): void {
  const [width, height] = ['width', 'height'].map((name) => Number(svg.getAttribute(name)));
  const scale = PRINT_HEIGHT / height;
  if (scale >= 1 || scale < LEAST_SCALE) return;
  svg.setAttribute('width', String(width * scale));
  svg.setAttribute('height', String(PRINT_HEIGHT));
}

const tip = document.getElementById('tip')!;

/** The row under the pointer; near a point of a line, its row. */
function show(plot: PagePlot, item: Item | null, event: MouseEvent): void {
  const whole = item?.mark?.marktype === 'line' || item?.mark?.marktype === 'area'; // these stand for many rows
  const row = whole ? null : rowUnder(item?.datum, plot);
  if (row === null) return hide();
  tip.replaceChildren(rowTable(plot, row));
  tip.hidden = false;
  const { offsetWidth: w, offsetHeight: h } = tip;
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - w - 8))}px`;
  tip.style.top = `${event.clientY + 16 + h > innerHeight ? event.clientY - h - 12 : event.clientY + 16}px`;
}

function hide(): void {
  tip.hidden = true;
}

function rowUnder(datum: unknown, plot: PagePlot): Row | null {
  if (typeof datum !== 'object' || datum === null) return null;
  const inner = (datum as { datum?: unknown }).datum; // of a Voronoi cell
  if (typeof inner === 'object' && inner !== null) return rowUnder(inner, plot);
  const shown = plot.columns.filter((name) => name[0] !== '_');
  return shown.filter((name) => name in datum).length >= Math.min(2, shown.length) ? (datum as Row) : null;
}

function save(name: string, url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}

async function download(plot: PagePlot, kind: string): Promise<void> {
  const name = `${plot.id}.${kind}`;
  const view = views.get(plot.id)!;
  if (kind === 'png') return save(name, (await view.toCanvas(2)).toDataURL('image/png'));
  const content = kind === 'csv' ? csvOf(plot) : await view.toSVG();
  const type = kind === 'csv' ? 'text/csv' : 'image/svg+xml';
  const url = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
  save(name, url);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Left and right walk through the rows of a plot that has the focus, and say each in words. */
function walk(plot: PagePlot, box: HTMLElement): void {
  let at = -1;
  const said = figureOf(plot).querySelector<HTMLElement>('.row')!;
  box.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity }[
      event.key
    ];
    if (step === undefined) return;
    event.preventDefault();
    at = Math.max(0, Math.min(plot.rows.length - 1, at + step));
    const parts = plot.columns.flatMap((name, i) => {
      return name[0] === '_' || plot.rows[at][i] === null ? [] : [`${name} ${text(plot.rows[at][i])}`];
    });
    said.textContent = `Row ${at + 1} of ${plot.rows.length}: ${parts.join(', ')}`;
  });
}

function wire(plot: PagePlot): void {
  const figure = figureOf(plot);
  const box = figure.querySelector<HTMLElement>('.plot')!;
  for (const button of figure.querySelectorAll<HTMLButtonElement>('button[data-kind]'))
    button.addEventListener('click', () => void download(plot, button.dataset.kind!));
  const details = figure.querySelector<HTMLDetailsElement>('details.rows')!;
  details.addEventListener('toggle', () => fillTable(plot, details.querySelector<HTMLElement>('.table')!));
  walk(plot, box);
}

function drawAll(): void {
  for (const plot of data.plots) draw(plot);
}

function onResize(): void {
  for (const plot of data.plots) {
    const box = figureOf(plot).querySelector<HTMLElement>('.plot')!;
    if (Math.abs(Math.max(280, box.clientWidth - 8) - Number(box.dataset.width)) > 8) draw(plot);
  }
}

function onPrint(starts: boolean): void {
  if (printing === starts) return;
  printing = starts;
  document.documentElement.classList.toggle('printing', starts);
  drawAll();
}

function setTheme(next: 'light' | 'dark'): void {
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem('kronflow-theme', next);
  } catch {
    // a page from file:// may not keep anything: then the choice lasts as long as the page
  }
  sayTheme();
  drawAll();
}

const themeButton = document.getElementById('theme')!;
function sayTheme(): void {
  themeButton.textContent = theme() === 'dark' ? 'Light' : 'Dark';
  themeButton.setAttribute('aria-label', `Switch to ${theme() === 'dark' ? 'light' : 'dark'} colours`);
}

function start(): void {
  themeButton.addEventListener('click', () => setTheme(theme() === 'dark' ? 'light' : 'dark'));
  dark.addEventListener('change', () => {
    sayTheme();
    drawAll();
  });
  let timer = 0;
  addEventListener('resize', () => {
    clearTimeout(timer);
    timer = window.setTimeout(onResize, 120);
  });
  addEventListener('beforeprint', () => onPrint(true));
  addEventListener('afterprint', () => onPrint(false));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hide();
  });
  sayTheme();
  for (const plot of data.plots) {
    draw(plot);
    wire(plot);
  }
  document.documentElement.dataset.ready = 'true';
}

start();
