import Table from 'cli-table3';
import type { Statement } from '../bounds/index.js';
import { formatBytes } from '../core/format.js';
import { wrapText } from './wrap-text.js';

type Quantity = Statement['corrected'];

const LEGEND = 'Ω and O are read with constant 1; conditions: ✓ holds here, ✗ does not, · numbers cannot say';
const MARK = new Map([
  [true, '✓'],
  [false, '✗'],
  [null, '·'],
]);

/** Statements as a table: what the paper claims, what holds, and whether its conditions do. */
export function boundsTable(statements: readonly Statement[], width = Infinity): string {
  const table = new Table({
    head: ['statement', 'what is counted', 'claimed', 'corrected', 'conditions'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, about, claimed, corrected, conditions } of statements) {
    const marks = conditions.map(({ holds }) => MARK.get(holds)).join(' ');
    table.push([name, about, claimed === null ? '–' : quantity(claimed), quantity(corrected), marks]);
  }
  return `${table.toString()}\n${wrapText(LEGEND, width)}`;
}

/** Statements in full: both formulas, what is worth seeing beside them, conditions, and what is wrong. */
export function explainBounds(statements: readonly Statement[], width = Infinity): string {
  return wrapText(statements.map(explain).join('\n\n'), width, 4);
}

function explain({ name, paper, about, claimed, corrected, beside, conditions, wrong }: Statement): string {
  return [
    `${name} (${paper.url}, ${paper.section}): ${about}`,
    ...(claimed === null ? [] : [`  claimed    ${claimed.formula} = ${quantity(claimed)}`]),
    `  corrected  ${corrected.formula} = ${quantity(corrected)}`,
    ...beside.map(
      (b) => `  beside     ${b.what}: ${b.formula}${/[=<]/.test(b.formula) ? ': ' : ' = '}${quantity(b)}`,
    ),
    ...conditions.map(({ text, holds }) => `  ${MARK.get(holds)} ${text}`),
    `  ${wrong}`,
  ].join('\n');
}

/** A quantity for people: bits also as bytes, huge numbers as powers of ten. */
function quantity({ value, log10, unit }: Quantity): string {
  const text = numberText(value, log10);
  if (unit === '1') return text;
  if (unit !== 'bits' || value < 8192 || value > 2 ** 70) return `${text} ${unit}`;
  return `${text} bits (${formatBytes(value / 8)})`;
}

function numberText(value: number, log10: number | null): string {
  if (log10 !== null && log10 >= 300) return `10^${log10.toFixed(log10 < 1e6 ? 0 : 1)}`;
  const size = Math.abs(value);
  if (size < 1e7 && (Number.isInteger(value) || size >= 1e4))
    return Math.round(value).toLocaleString('en-GB');
  return size >= 1e6 || (size !== 0 && size < 1e-3)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
}
