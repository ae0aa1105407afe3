/** A value of an answer as people read it: exact numbers, vectors cut after some of their numbers. */
export function cellText(value: unknown, type: string, mostItems = 6): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, mostItems).map((item) => cellText(item, type, mostItems));
    if (value.length > mostItems) shown.push(`… (${value.length})`);
    return `[${shown.join(', ')}]`;
  }
  return typeof value === 'object' ? jsonText(value, type) : numberText(value, type);
}

/** A value as JSON: integers of any length digit by digit; what JSON has no number for is text, as NaN. */
export function jsonText(value: unknown, type: string): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(value, type) : `"${value}"`;
  if (Array.isArray(value)) return `[${value.map((item) => jsonText(item, type)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(
    ([name, part]) => `${JSON.stringify(name)}:${jsonText(part, type)}`,
  );
  return `{${parts.join(',')}}`;
}

/** A value as a field of CSV: null is empty, an empty text is quoted, lists and objects are JSON. */
export function csvText(value: unknown, type: string): string {
  if (value === null) return '';
  if (typeof value === 'string') return value === '' || /[",\r\n]/.test(value) ? quoted(value) : value;
  return typeof value === 'object' ? quoted(jsonText(value, type)) : numberText(value, type);
}

/** The shortest digits that read back as the same value: of a FLOAT, as a FLOAT. */
function numberText(value: unknown, type: string): string {
  if (typeof value !== 'number' || !/\bFLOAT\b/.test(type)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** Control characters could do something to the terminal: all but the end of a line are shown as what they are. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (char) =>
    JSON.stringify(char).slice(1, -1),
  );
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
