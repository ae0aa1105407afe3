import { growthOf } from '../../pipelines/growth.js';
import { Failure } from '../core/failure.js';
import type { TraceDb } from '../query/index.js';
import { stylesOf } from './colours.js';
import { groupSql, groupTraces } from './groups.js';
import type { Context, Plot, Row } from './plot.js';

/** A plot with its rows, ready to be drawn. */
export interface Answered {
  readonly plot: Plot;
  readonly rows: readonly Row[];
  /** The query that made the rows; null where none did. */
  readonly sql: string | null;
  readonly sampled: string | null;
}

/** A plot that cannot be drawn of these traces, and why. */
export interface LeftOut {
  readonly plot: Plot;
  readonly reason: string;
}

interface AskedCache {
  readonly name: string;
  readonly label?: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** What plots need to know of the traces, asked once. */
export async function contextOf(db: TraceDb, games: readonly object[] = []): Promise<Context> {
  const groups = groupTraces(db.traces);
  const [{ steps }] = await db.objects('select max(step) + 1 as steps from steps');
  const caches = db.traces.flatMap(({ run }) => cachesOf(run.config).map((cache) => ({ ...cache, run })));
  return {
    ...{ groups, games, run: groupSql(groups), steps: Math.max(1, Number(steps ?? 1)) },
    styles: stylesOf(caches.map(({ name, label = name }) => ({ name, label }))),
    growth: (wanted) => {
      const found = caches.find(({ name, label = name }) => label === wanted);
      if (found === undefined) return null;
      const { d, order } = found.run;
      return growthOf(found.name, found.options ?? {}, { d, order, bytesPerNumber: 4 });
    },
  };
}

/** What plots can know where only index games were named. */
export function contextOfGames(games: readonly object[]): Context {
  return { groups: [], games, run: 'trace', steps: 1, styles: new Map(), growth: () => null };
}

/** The caches that a run was asked for; none where its configuration does not say. */
export function cachesOf(config: Readonly<Record<string, unknown>>): readonly AskedCache[] {
  return Array.isArray(config.caches) ? (config.caches as AskedCache[]) : [];
}

/** Ask one plot's question: its rows, or why there are none; `db` is null where no trace was named. */
export async function answer(plot: Plot, db: TraceDb | null, context: Context): Promise<Answered | LeftOut> {
  if (plot.rows) return judge({ plot, rows: plot.rows(context), sql: null, sampled: null }, context);
  if (db === null) return { plot, reason: 'no trace was named' };
  const missing = await missingColumn(plot, db);
  if (missing !== null) return { plot, reason: missing };
  const sql = plot.sql(context);
  if (typeof sql !== 'string') return { plot, reason: sql.missing };
  const rows = (await db.objects(sql.trim())).map(plain);
  return judge({ plot, rows, sql: sql.trim(), sampled: plot.sampled(context) }, context);
}

function judge(answered: Answered, context: Context): Answered | LeftOut {
  const { plot, rows } = answered;
  const refused = plot.refuse?.(rows, context) ?? null;
  if (refused !== null) return { plot, reason: refused };
  return rows.length === 0 ? { plot, reason: 'no row of these traces has what it shows' } : answered;
}

/** The first column that no trace has a value in, in words. */
async function missingColumn({ needs }: Plot, db: TraceDb): Promise<string | null> {
  for (const need of needs) {
    const [view, column] = need.split('.');
    const found = await db
      .objects(`select 1 from ${view} where ${column} is not null limit 1`)
      .catch((error: unknown) => {
        if (error instanceof Failure) return [];
        throw error;
      });
    if (found.length === 0) return `column ${column} of ${view} is empty or missing in these traces`;
  }
  return null;
}

/** What JSON and Vega know: NaN and infinities are null, wide integers numbers. */
function plain(row: Readonly<Record<string, unknown>>): Row {
  const value = (at: unknown): Row[string] => {
    if (typeof at === 'bigint') return Number(at);
    if (typeof at === 'number') return Number.isFinite(at) ? at : null;
    return typeof at === 'string' || typeof at === 'boolean' || at === null ? at : String(at);
  };
  return Object.fromEntries(Object.entries(row).map(([name, at]) => [name, value(at)]));
}
