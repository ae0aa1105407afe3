import { describe, expect, it } from 'vitest';
import { caches } from '../../operators/caches/index.js';
import { styleOfName, stylesOf } from './colours.js';
import { THEMES } from './look.js';

/** Contrast of two colours as WCAG counts it. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r, g, blue] = [1, 3, 5]
      .map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
      .map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe('colours', () => {
  it('tell every built-in cache from every other, by hue or by dash', () => {
    const styles = caches.map(({ spec }) => styleOfName(spec.name));
    expect(new Set(styles.map(({ hue, dash }) => `${hue} ${dash.join()}`)).size).toBe(caches.length);
  });

  it.each(['light', 'dark'] as const)('can be read as text on the paper of the %s theme', (theme) => {
    const { hues, paper, soft } = THEMES[theme];
    for (const colour of [...Object.values(hues), soft]) expect(contrast(colour, paper)).toBeGreaterThan(4.5);
  });

  it('are the same for a cache in whatever company, under any label and budget', () => {
    const alone = stylesOf([{ name: 'window', label: 'window@16KiB' }]).get('window@16KiB');
    const many = stylesOf([
      { name: 'sinks', label: 'sinks' },
      { name: 'window', label: 'window@64KiB' },
      { name: 'window', label: 'window@16KiB' },
    ]);
    expect(many.get('window@16KiB')).toEqual(alone);
    expect(many.get('window@64KiB')).toEqual(alone);
  });

  it('keep the hue of a cache and change the dash for a second one of its kind', () => {
    const styles = stylesOf([
      { name: 'window', label: 'short' },
      { name: 'window', label: 'long' },
    ]);
    expect(styles.get('short')!.hue).toBe(styles.get('long')!.hue);
    expect(styles.get('short')!.dash).not.toEqual(styles.get('long')!.dash);
  });
});
