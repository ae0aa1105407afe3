import type { PlotChange, PlotRow } from './message.js';

/** A plot as it stands. */
export interface PlotNow {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly alt: string;
  readonly spec: object;
  readonly rows: readonly PlotRow[];
}

/** A plot in texts that can be compared: made once for all clients. */
export interface PlotTexts {
  readonly plot: PlotNow;
  readonly spec: string;
  readonly rows: readonly string[];
}

/** What a client was last told of each plot, by id. */
export type Told = ReadonlyMap<string, PlotTexts>;

/** Texts of a plot. */
export function textsOf(plot: PlotNow): PlotTexts {
  return { plot, spec: JSON.stringify(plot.spec), rows: plot.rows.map((row) => JSON.stringify(row)) };
}

/** What a client that was told `told` must hear in order to know `now`. */
export function changes(told: Told, now: readonly PlotTexts[]): PlotChange[] {
  return now.flatMap((texts) => {
    const before = told.get(texts.plot.id);
    const { id, title, caption, alt, spec, rows } = texts.plot;
    const changed = rows.flatMap((row, i) => (texts.rows[i] === before?.rows[i] ? [] : [[i, row] as const]));
    const sameSpec = texts.spec === before?.spec;
    if (sameSpec && changed.length === 0 && rows.length === before?.rows.length) return [];
    return [{ id, title, caption, alt, ...(sameSpec ? {} : { spec }), length: rows.length, rows: changed }];
  });
}
