import { expect, it } from 'vitest';
import { textWidth } from './text-width.js';

// Advances of the fonts' own tables: DejaVu Sans, its bold, and Liberation Sans, at 11 pixels.
it.each([
  ['heavy-hitter n^0.00 (constant)', 171.5, 192.8, 145.2],
  ['0123456789abdeghnopqu', 146.1, 161.8, 128.5],
  ['ABCKRVXZ & DGHOQ, NU, M: FLEPSTY | "IJ" [x_1] {√d} #+<=>~*;!²³/\\`w$–-', 421.3, 462.6, 374.0],
])('%s has room in every font, and not much more', (text, dejavu, bold, liberation) => {
  expect(textWidth(text, 11)).toBeGreaterThanOrEqual(dejavu);
  expect(textWidth(text, 11)).toBeLessThan(1.3 * liberation);
  expect(textWidth(text, 11, true)).toBeGreaterThanOrEqual(bold);
});

it('takes nothing for nothing, and an em for what it does not know', () => {
  expect([textWidth('', 11), textWidth('語', 11)]).toEqual([0, 11]);
});
