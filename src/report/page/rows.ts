import type { Row } from '../plot.js';
import type { PagePlot } from './page-data.js';

// Rows as text, tables and CSV. This file runs in the page too, before client.ts.

/** One row as a list of names and values. */
export function rowTable({ columns }: PagePlot, row: Row): HTMLElement {
  const list = document.createElement('dl');
  for (const name of columns) {
    if (name[0] === '_' || !(name in row) || row[name] === null) continue;
    const [term, value] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = name;
    value.textContent = text(row[name]);
    list.append(term, value);
  }
  return list;
}

/** A value for people: six digits of a number are more than a plot can show. */
export function text(value: Row[string]): string {
  if (value === null) return '–';
  return typeof value === 'number' && !Number.isInteger(value)
    ? String(Number(value.toPrecision(6)))
    : String(value);
}

/** The table behind a plot, made when it is opened. */
export function fillTable(plot: PagePlot, box: HTMLElement): void {
  if (box.childElementCount > 0) return;
  const table = document.createElement('table');
  const shown = plot.columns.map((name, i) => ({ name, i })).filter(({ name }) => name[0] !== '_');
  const numeric = shown.map(({ i }) => plot.rows.some((row) => typeof row[i] === 'number'));
  const head = table.createTHead().insertRow();
  shown.forEach(({ name }, k) => {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = name;
    cell.className = numeric[k] ? 'number' : '';
    head.append(cell);
  });
  const body = table.createTBody();
  for (const row of plot.rows) {
    const line = body.insertRow();
    shown.forEach(({ i }, k) => {
      const cell = line.insertCell();
      cell.textContent = text(row[i]);
      cell.className = numeric[k] ? 'number' : '';
    });
  }
  const caption = table.createCaption();
  caption.textContent = `${plot.title}: ${plot.rows.length} rows`;
  box.append(table);
}

/** The rows as CSV, numbers with all their digits. */
export function csvOf({ columns, rows }: PagePlot): string {
  const keep = columns.map((name, i) => ({ name, i })).filter(({ name }) => name[0] !== '_');
  const cell = (value: Row[string]) => {
    const plain = value === null ? '' : String(value);
    return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  const lines = rows.map((row) => keep.map(({ i }) => cell(row[i])).join(','));
  return `${[keep.map(({ name }) => cell(name)).join(','), ...lines].join('\r\n')}\r\n`;
}
