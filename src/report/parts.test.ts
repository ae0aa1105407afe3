import { describe, expect, it } from 'vitest';
import { domainOf, ticks } from './axes.js';
import { byLabel, bySize } from './by-size.js';
import { labelPlaces } from './label-places.js';
import { embedJson, inlineScript } from './page/html.js';
import { csvOf } from './page/rows.js';
import { fitPower, powerText } from './slope.js';

describe('labelPlaces', () => {
  it('leaves labels that do not touch where they want to be', () => {
    expect(labelPlaces([0.9, 0.1], 0.1)).toEqual([0.9, 0.1].map((x) => expect.closeTo(x, 12)));
  });

  it('moves those that touch apart by the gap, in order, inside the axis', () => {
    const places = [...labelPlaces([0.99, 0.98, 0.97, 0.5], 0.1)];
    expect(places[0]).toBeLessThanOrEqual(1);
    const sorted = [...places].sort((a, b) => a - b);
    sorted.slice(1).forEach((place, i) => expect(place - sorted[i]).toBeGreaterThanOrEqual(0.1 - 1e-9));
    expect(places[0]).toBeGreaterThan(places[1]);
  });
});

describe('fitPower', () => {
  it('finds the power of what it is given, from a third of n on', () => {
    const points = Array.from({ length: 100 }, (_, i) => [i + 1, i < 20 ? 7 : 3 * (i + 1) ** 1.5] as const);
    expect(fitPower(points)!.exponent).toBeCloseTo(1.5, 9);
    expect(powerText(-0.254)).toBe('n^−0.25');
  });

  it('does not fit two points, nor zeros', () => {
    expect(
      fitPower([
        [1, 1],
        [2, 2],
      ]),
    ).toBeNull();
    expect(
      fitPower([
        [1, 0],
        [2, 0],
        [3, 0],
      ]),
    ).toBeNull();
  });
});

it('orders sizes by bytes, and labels by name first', () => {
  expect(['1MiB', '32KiB', '', '8KiB', '512B'].sort(bySize)).toEqual(['', '512B', '8KiB', '32KiB', '1MiB']);
  expect(['b@32KiB', 'a@1MiB', 'b@8KiB', 'a@8KiB'].sort(byLabel)).toEqual([
    'a@8KiB',
    'a@1MiB',
    'b@8KiB',
    'b@32KiB',
  ]);
});

describe('axes', () => {
  it('count in whole numbers where there is one', () => {
    expect(ticks({ field: '', title: '', kind: 'count', domain: [0, 1] })).toEqual([0, 1]);
    expect(ticks({ field: '', title: '', kind: 'count', log: true, domain: [1 / 1.5, 1.5] })).toEqual([1]);
  });

  it('put powers of two on an axis of bytes and powers of ten on others', () => {
    expect(ticks({ field: '', title: '', log: true, kind: 'bytes', domain: [900, 270_000] })).toEqual([
      1024, 4096, 16_384, 65_536, 262_144,
    ]);
    expect(ticks({ field: '', title: '', log: true, kind: 'error', domain: [1e-7, 2] })).toEqual([
      1e-6, 1e-4, 0.01, 1,
    ]);
  });

  it.each([
    [[], true],
    [[], false],
    [[0, 0], false],
    [[5], true],
    [[0, null], true],
  ] as const)('have room for %j', (values, log) => {
    const [low, high] = domainOf(values, log);
    expect(low).toBeLessThan(high);
  });
});

describe('the page', () => {
  it('cannot be ended by what it holds', () => {
    expect(embedJson({ a: '</script><!--' })).not.toMatch(/[<>]/);
    expect(inlineScript('"</script>"')).toBe('<script>"<\\/script>"</script>');
  });

  it('writes CSV with all digits, quotes where needed, and no fields for drawing', () => {
    const plot = {
      id: 'x',
      title: 'x',
      spec: {},
      columns: ['a', '_b', 'c'],
      rows: [
        [0.1 + 0.2, 1, 'say "x", y'],
        [null, 2, true],
      ],
    };
    expect(csvOf(plot)).toBe('a,c\r\n0.30000000000000004,"say ""x"", y"\r\n,true\r\n');
  });
});
