import type { Row, Spec } from '../plot.js';

/** A plot as the page takes it. Fields of `rows` that begin with `_` are for drawing only. */
export interface PagePlot {
  readonly id: string;
  readonly title: string;
  /** Vega-Lite with names of `symbolic` in it. */
  readonly spec: Spec;
  /** Names of columns, and the rows by column order. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Row[string][])[];
}

/** Everything that the page's script needs, as JSON in the page. */
export interface PageData {
  readonly plots: readonly PagePlot[];
  /** Colours by name, a theme each. */
  readonly themes: {
    readonly light: Readonly<Record<string, string>>;
    readonly dark: Readonly<Record<string, string>>;
  };
  readonly layout: { readonly narrow: number; readonly gap: number };
  /** Vega's config with names in it. */
  readonly config: Spec;
}
