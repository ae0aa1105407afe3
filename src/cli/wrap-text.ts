import { wrapped } from './describe.js';

/** Where a legend breaks on a wide terminal, and in a file. */
const LEGEND = 118;

/** A text whose lines are broken between words where they are longer than `width`; what follows is indented by `indent`. */
export function wrapText(text: string, width: number, indent = 0): string {
  return text
    .split('\n')
    .flatMap((line) => wrapped(line, indent, width))
    .join('\n');
}

/** What stands below a table, in lines that can be read: never longer than some 120 characters. */
export function legend(text: string, width: number): string {
  return wrapText(text, Math.min(width, LEGEND));
}
