/** A table of math.md made again: what was measured beside what is expected. */
export interface ReproducedTable {
  readonly title: string;
  /** How to make one row of it by hand. */
  readonly command: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** What is read off it, and where it differs. */
  readonly note: string;
}

/** The table as Markdown. */
export function toMarkdown({ title, command, columns, rows, note }: ReproducedTable): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [
    ...[`### ${title}`, '', `\`${command}\``, ''],
    ...[line(columns), line(columns.map(() => '---'))],
    ...rows.map(line),
    ...['', note],
  ].join('\n');
}
