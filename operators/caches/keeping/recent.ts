import { z } from 'zod';
import type { KeptRows } from './kept-rows.js';

/** Option of caches that choose among older tokens only. */
export const recent = z
  .int()
  .positive()
  .default(1)
  .describe('last tokens of a side that never leave, the newest among them; part of its budget');

/** Which slots may be emptied for the next token, so that it and the `recent` − 1 before it are kept. */
export function beforeRecent(kept: KeptRows, recent: number): (slot: number) => boolean {
  const first = kept.seen() - recent + 1; // position of the first that stays; the next token has `seen`
  return (slot) => kept.position(slot) < first;
}
