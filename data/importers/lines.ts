import { inputName, readChunks } from '../sources/input-file.js';
import { decodeUtf8 } from '../sources/utf8-chunks.js';
import { badInput } from './tensor.js';

/** A longer line is no line of a table; it is refused before it fills the memory. */
const LONGEST_LINE = 1 << 24;

/** A line of a text file, without its end. */
export interface Line {
  /** Counted from 1, as editors do. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a UTF-8 file that are not empty, one at a time; the last one may lack its end.
 * @throws Failure `bad-input` for bytes that are not UTF-8, and for a line of more than 16 Mi characters
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let held = '';
  let number = 0;
  for await (const text of decodeUtf8(readChunks(path), inputName(path))) {
    const pieces = text.split('\n');
    pieces[0] = held + pieces[0];
    held = pieces.pop()!;
    if (held.length > LONGEST_LINE)
      throw badInput(
        path,
        `line ${number + 1} has more than ${LONGEST_LINE} characters`,
        'is it the right file?',
      );
    for (const line of pieces) {
      number++;
      if (line.trim() !== '') yield { number, text: line.replace(/\r$/, '') };
    }
  }
  if (held.trim() !== '') yield { number: number + 1, text: held };
}

/** A JSON line as an object. @throws Failure naming the line */
export function parseJsonLine(path: string, { number, text }: Line): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badInput(path, `line ${number} is no JSON`, 'every line must be one JSON object', error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw badInput(path, `line ${number} is no JSON object`, 'every line must be one JSON object');
}
