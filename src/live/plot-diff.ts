import type { PlotChange, PlotRow } from './message.js';

/** A plot as it stands. */
export interface PlotNow {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly alt: string;
  readonly spec: object;
  /** A row that did not change is the same object as before, or costs a look at its text. */
  readonly rows: readonly PlotRow[];
}

/** A plot with its spec as a text that can be compared: made once for all clients. */
export interface PlotTexts {
  readonly plot: PlotNow;
  readonly spec: string;
}

/** What a client was last told of each plot, by id. */
export type Told = ReadonlyMap<string, PlotTexts>;

/** A plot, ready to be compared. */
export function textsOf(plot: PlotNow): PlotTexts {
  return { plot, spec: JSON.stringify(plot.spec) };
}

/** What a client that was told `told` must hear in order to know `now`. */
export function changes(told: Told, now: readonly PlotTexts[]): PlotChange[] {
  return now.flatMap((texts) => {
    const before = told.get(texts.plot.id);
    const { id, title, caption, alt, spec, rows } = texts.plot;
    const known = before?.plot.rows ?? [];
    const changed = rows.flatMap((row, i) => (isSame(row, known[i]) ? [] : [[i, row] as const]));
    const sameSpec = texts.spec === before?.spec;
    if (sameSpec && changed.length === 0 && rows.length === known.length) return [];
    return [{ id, title, caption, alt, ...(sameSpec ? {} : { spec }), length: rows.length, rows: changed }];
  });
}

/** Few rows are made again without having changed, those of plots of whole caches: while a run waits, they are not told. */
function isSame(row: PlotRow, known: PlotRow | undefined): boolean {
  return row === known || JSON.stringify(row) === JSON.stringify(known);
}
