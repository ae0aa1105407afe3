/** What the page is told, a few times a second; plain data, for JSON. */
export interface Message {
  readonly state: State;
  /** Only those that changed since this client was last told. */
  readonly plots: readonly PlotChange[];
}

/** How the run stands, in numbers; null: unknown. */
export interface State {
  readonly status: string;
  readonly error: string | null;
  /** Folder of the trace. */
  readonly dir: string;
  readonly done: number;
  readonly total: number | null;
  readonly elapsed_ms: number;
  readonly left_ms: number | null;
  readonly tokens_per_second: number | null;
  readonly in_use_bytes: number;
  readonly score_std: number | null;
  readonly rows: Readonly<Record<string, number>>;
  readonly caches: readonly CacheState[];
  readonly events: readonly {
    readonly kind: string;
    readonly step: number | null;
    readonly message: string;
  }[];
}

/** One cache: bytes, time and error of the latest step, through all layers and heads of its stream. */
export interface CacheState {
  readonly cache: string;
  /** Name of its colour, as in every plot. */
  readonly hue: string;
  readonly held_bytes: number;
  readonly ms_per_token: number | null;
  readonly error: number | null;
  /** Over the run. */
  readonly error_p50: number | null;
  readonly error_p99: number | null;
  readonly warnings: number;
}

/** A row of a plot. */
export type PlotRow = Readonly<Record<string, string | number | boolean | null>>;

/** What changed in a plot: a new spec, its rows, or why there is none yet. */
export interface PlotChange {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** What the plot says in words. */
  readonly alt: string;
  /** Vega-Lite with names for colours and widths; absent: as before. */
  readonly spec?: object;
  /** Rows there are now, and those that are new or differ, by place. */
  readonly length: number;
  readonly rows: readonly (readonly [at: number, row: PlotRow])[];
}
