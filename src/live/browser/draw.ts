import { columnsIn, panelWidth } from '../../report/look.js';
import type { PlotChange, PlotRow } from '../message.js';

/** As much of vega's View as the page uses. */
interface View {
  data(name: string, rows: readonly PlotRow[]): View;
  runAsync(): Promise<View>;
  finalize(): void;
}

/** What the classic scripts of the page leave behind. */
interface Libraries {
  readonly vega: {
    parse(spec: object, config: object | undefined, options: { ast: boolean }): object;
    readonly View: new (runtime: object, options: object) => View;
  };
  readonly vegaLite: { compile(spec: object): { readonly spec: object } };
}

/** A plot on the page. */
export interface Figure {
  /** Take in what changed; drawn with the next `draw`. */
  take(change: PlotChange): void;
  /** Draw what changed since the last time; `anew` draws all of it again, in other colours or another width. */
  draw(colours: ReadonlyMap<string, string>, anew?: boolean): Promise<void>;
}

/** A figure at the end of `parent`; expressions are interpreted by `expr`, for the page forbids to compile them. */
export function figure(parent: Element, expr: object): Figure {
  const element = parent.appendChild(document.createElement('figure'));
  const caption = element.appendChild(document.createElement('figcaption'));
  const title = caption.appendChild(document.createElement('h2'));
  const text = caption.appendChild(document.createElement('span'));
  const plot = element.appendChild(document.createElement('div'));
  plot.className = 'plot';
  plot.setAttribute('role', 'img');
  const inner = plot.appendChild(document.createElement('div')); // vega gives its container a role and a label of its own
  let spec: object | null = null;
  let rows: PlotRow[] = [];
  let changed: 'nothing' | 'rows' | 'spec' = 'nothing';
  let view: View | null = null;

  return {
    take(change) {
      element.id = `plot-${change.id}`;
      if (change.spec !== undefined) element.className = isWide(change.spec) ? 'wide' : '';
      title.textContent = change.title;
      text.textContent = change.caption;
      plot.setAttribute('aria-label', change.alt);
      rows = rows.slice(0, change.length);
      for (const [at, row] of change.rows) rows[at] = row;
      if (changed !== 'spec') changed = change.spec === undefined ? 'rows' : 'spec';
      spec = change.spec ?? spec;
    },
    async draw(colours, anew = false) {
      if (spec === null || (changed === 'nothing' && !anew)) return;
      const again = anew || changed === 'spec' || view === null;
      changed = 'nothing';
      if (again) {
        view?.finalize();
        view = open(inner, resolved(spec, colours, plot.clientWidth), expr);
      }
      await view!.data('rows', copies(rows)).runAsync();
      element.dataset.rows = String(rows.length);
    },
  };
}

function open(container: Element, spec: object, expr: object): View {
  const { vega, vegaLite } = globalThis as unknown as Libraries;
  const runtime = vega.parse(vegaLite.compile(spec).spec, undefined, { ast: true });
  return new vega.View(runtime, { renderer: 'svg', container, expr, hover: true });
}

/** Panels that stand beside each other want the whole width. */
function isWide(spec: object): boolean {
  return JSON.stringify(spec).includes('"@columns:');
}

/** Vega marks the rows that it is given: ours stay as they are. */
function copies(rows: readonly PlotRow[]): PlotRow[] {
  return rows.map((row) => ({ ...row }));
}

/** A spec whose names of colours and widths are what this reader's theme and window say. */
function resolved(spec: unknown, colours: ReadonlyMap<string, string>, width: number): object {
  const value = (at: unknown): unknown => {
    if (typeof at === 'string') return at.startsWith('@') ? token(at, colours, width) : at;
    if (Array.isArray(at)) return at.map(value);
    if (typeof at !== 'object' || at === null) return at;
    return Object.fromEntries(Object.entries(at).map(([key, part]) => [key, value(part)]));
  };
  return value(spec) as object;
}

function token(name: string, colours: ReadonlyMap<string, string>, width: number): string | number {
  const [kind, wanted, margin] = name.slice(1).split(':');
  if (kind === 'columns') return columnsIn(width, Number(wanted));
  if (kind === 'width') return panelWidth(width, columnsIn(width, Number(wanted)), Number(margin));
  return colours.get(name) ?? name;
}
