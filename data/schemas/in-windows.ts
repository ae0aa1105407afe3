import type { RunFile } from './run-file.js';

/**
 * Whether the streams of a run are windows of one text, read by a language model: they come one after the other, and what the
 * caches of a window held is given back before the next begins. Streams of any other run live side by side.
 */
export function inWindows({ inputs }: Pick<RunFile, 'inputs'>): boolean {
  return inputs.some(({ kind, windows }) => kind === 'model' && windows === true);
}
