import { writeWhole } from '../../data/sinks/out-file.js';
import { openTraces } from '../query/index.js';
import { answer, contextOf, contextOfGames, type Answered, type LeftOut } from './collect.js';
import { comparability } from './groups.js';
import { pageOf } from './page/page.js';
import { SUMMARY_SQL } from './page/summary.js';
import type { Row } from './plot.js';
import { plots } from './plots/index.js';

/** What became of a report. */
export interface ReportMade {
  readonly path: string;
  readonly bytes: number;
  /** Ids of the plots in it. */
  readonly drawn: readonly string[];
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Everything that a page is made of, asked of sealed traces and of results of index games.
 * @throws Failure `bad-trace`, `bad-option`, `not-found`
 */
export async function collectReport(dirs: readonly string[], games: readonly object[] = []) {
  const db = dirs.length === 0 ? null : await openTraces(dirs);
  try {
    const context = db === null ? contextOfGames(games) : await contextOf(db, games);
    const [answered, leftOut]: [Answered[], LeftOut[]] = [[], []];
    for (const plot of plots) {
      const found = await answer(plot, db, context);
      if ('reason' in found) leftOut.push(found);
      else answered.push(found);
    }
    const summary = db === null ? [] : ((await db.objects(SUMMARY_SQL)) as Row[]);
    return { context, summary, answered, leftOut, warnings: comparability(context.groups) };
  } finally {
    db?.close();
  }
}

/**
 * Write one HTML file that shows sealed traces, or index games alone, and loads nothing; a file of that name is replaced.
 * @throws Failure `bad-trace`, `bad-option`, `not-found` when DuckDB is missing, `not-writable`, `disk-full`
 */
export async function makeReport(
  dirs: readonly string[],
  path: string,
  games: readonly object[] = [],
): Promise<ReportMade> {
  const report = await collectReport(dirs, games);
  const page = Buffer.from(pageOf(report));
  await writeWhole(path, (file) => file.write(page));
  return {
    ...{ path, bytes: page.length, drawn: report.answered.map(({ plot }) => plot.id) },
    leftOut: report.leftOut.map(({ plot, reason }) => ({ id: plot.id, reason })),
  };
}
