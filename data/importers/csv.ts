import { readLines, type Line } from './lines.js';
import { badInput } from './tensor.js';

/** The fields of a CSV line; quotes may hold commas, and two quotes are one. @throws Failure for an open quote */
export function csvFields(path: string, { number, text }: Line): string[] {
  if (!text.includes('"')) return text.split(',').map((field) => field.trim());
  const fields: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y;
  for (;;) {
    const found = pattern.exec(text);
    if (found === null)
      throw badInput(
        path,
        `line ${number}: a quote is not closed or stands in a field`,
        'quote whole fields',
      );
    fields.push(found[1] === undefined ? found[2].trim() : found[1].replaceAll('""', '"'));
    if (found[3] === '') return fields;
  }
}

/** A row of a CSV file, by column. */
export interface CsvRow {
  readonly line: Line;
  readonly get: (column: string) => string | null;
}

/** The rows of a CSV file with a header. @throws Failure for a row with more or fewer fields than the header */
export async function* csvRows(path: string): AsyncGenerator<CsvRow> {
  let columns: readonly string[] | null = null;
  for await (const line of readLines(path)) {
    const fields = csvFields(path, line);
    if (columns === null) {
      columns = fields;
      continue;
    }
    if (fields.length !== columns.length)
      throw badInput(
        path,
        `line ${line.number} has ${fields.length} fields, but the header has ${columns.length}`,
        'is the file cut?',
      );
    const names = columns;
    yield { line, get: (column) => fields[names.indexOf(column)] ?? null };
  }
}
