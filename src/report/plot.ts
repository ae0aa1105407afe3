import type { OpenedTrace } from '../query/index.js';
import type { CacheStyle } from './colours.js';
import type { Look } from './look.js';

/** One row of a query; BIGINT comes as a number. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** A Vega-Lite spec without its data: rows are handed over as the data set `rows`. */
export type Spec = Readonly<Record<string, unknown>>;

/** Traces of one configuration and different seeds: repeats, shown as mean and least to most. */
export interface RunGroup {
  /** What it is called on the page, in the column `run` of every plot. */
  readonly name: string;
  readonly traces: readonly OpenedTrace[];
}

/** What plots know besides their rows. */
export interface Context {
  readonly groups: readonly RunGroup[];
  readonly styles: ReadonlyMap<string, CacheStyle>;
  /** SQL for the name of a row's group, e.g. `trace`. */
  readonly run: string;
  /** Steps of the longest stream, at least 1. */
  readonly steps: number;
  /** Growth of bytes and time in n that theory gives a cache of a run, by label; null: unknown. */
  readonly growth: (label: string) => { readonly bytes: number; readonly time: number } | null;
  /** Results of index games that were given beside the traces. */
  readonly games: readonly object[];
}

/** A plot: one question to a trace, and how its answer is drawn, one a file. */
export interface Plot {
  /** Kebab case, for `--kind` and file names. */
  readonly id: string;
  readonly title: string;
  /** What it shows, one or two sentences. */
  readonly caption: string;
  /** Columns without which it is left out, as `view.column`. */
  readonly needs: readonly string[];
  /** The query, for every view of the traces; null with a reason: it cannot be asked of these. */
  sql(context: Context): string | { readonly missing: string };
  /** Rows that do not come from a query. */
  rows?(context: Context): readonly Row[];
  /** What is lost between the trace and the rows, for people; null: nothing. */
  sampled(context: Context): string | null;
  /** Why these rows cannot be drawn; null: they can. */
  refuse?(rows: readonly Row[], context: Context): string | null;
  spec(rows: readonly Row[], look: Look, context: Context): Spec;
  /** What the plot says, in words and numbers of these rows. */
  alt(rows: readonly Row[], context: Context): string;
}
