/** A table of math.md made again: what was measured beside what is expected. */
export interface ReproducedTable {
  readonly title: string;
  /** What made the numbers: the caches themselves, formulas, or code of this folder that is no cache. */
  readonly source: string;
  /** How to make one row of it by hand, where one can. */
  readonly command?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** What is read off it, and where it differs. */
  readonly note: string;
}

/** The table as Markdown. */
export function toMarkdown({ title, source, command, columns, rows, note }: ReproducedTable): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`; // a bar would begin another cell
  return [
    ...[`### ${title}`, '', source + (command === undefined ? '' : ` One row by hand: \`${command}\`.`), ''],
    ...[line(columns), line(columns.map(() => '---'))],
    ...rows.map(line),
    ...['', note],
  ].join('\n');
}

/** From this factor on, either way, a number is off. */
export const OFF = 1.5;

/** Whether a measured number is more than `factor` times the expected one, or less than 1 / `factor` of it. */
export function off(measured: number, expected: number, factor = OFF): boolean {
  if (measured === expected) return false;
  return !(measured <= factor * expected && expected <= factor * measured); // NaN is off, and so is 0 beside another
}

/** ` ✗` behind a number that is off, and nothing behind another or where nothing is expected. */
export function mark(measured: number, expected: number | null | undefined, factor = OFF): string {
  return expected !== null && expected !== undefined && off(measured, expected, factor) ? ' ✗' : '';
}
