import { writeFileSync } from 'node:fs';
import { box, dot, line, picture, text, vector } from './draw.mjs';

// node docs/pictures/make.mjs: the pictures of the docs again. A test fails when they are stale.

const range = (count) => Array.from({ length: count }, (_, i) => i);
const soft = { fill: 'soft', size: 12 };
const left = { anchor: 'start' };

function flow() {
  const names = [
    'source',
    'embed',
    'project',
    'update caches',
    'attend',
    'compare',
    'account',
    'record',
    'journal',
    'seal',
  ];
  const adds = [
    'tokens',
    'x',
    'q k1 k2 v1 v2',
    'one entry each',
    'answers',
    'errors',
    'bytes',
    'rows',
    'Arrow',
    'Parquet',
  ];
  const at = (i) => ({ x: 18 + (i % 5) * 146, y: i < 5 ? 62 : 182 });
  const boxes = names.map((name, i) => {
    const { x, y } = at(i);
    return [
      box(x, y, 118, 34),
      text(x + 59, y + 22, name, { weight: 600 }),
      text(x + 59, y + 52, adds[i], soft),
    ];
  });
  const arrows = range(9).map((i) => {
    const [from, to] = [at(i), at(i + 1)];
    if (i !== 4)
      return line(
        [
          [from.x + 119, from.y + 17],
          [to.x - 1, to.y + 17],
        ],
        { arrow: true },
      );
    return line(
      [
        [from.x + 59, from.y + 60],
        [from.x + 59, 150],
        [to.x + 59, 150],
        [to.x + 59, to.y - 1],
      ],
      { arrow: true },
    );
  });
  const places = [2, 4, 5, 6].map((i) => dot(at(i).x + 118, at(i).y + 34, 6, { fill: 'two' }));
  return picture(
    740,
    290,
    boxes,
    arrows,
    places,
    text(369, 20, 'recordings enter here', soft),
    line(
      [
        [369, 26],
        [369, 60],
      ],
      { arrow: true, dash: '4 3' },
    ),
    text(661, 20, 'worker threads', soft),
    line(
      [
        [661, 26],
        [661, 60],
      ],
      { arrow: true, dash: '4 3' },
    ),
    line(
      [
        [515, 244],
        [515, 262],
        [8, 262],
        [8, 79],
        [17, 79],
      ],
      { stroke: 'good', arrow: true },
    ),
    text(256, 280, 'the next token is pulled only when the journal has taken the rows of this one', {
      fill: 'good',
      size: 12,
    }),
    dot(528, 272, 6, { fill: 'two' }),
    text(540, 276, 'your operators may stand here', { ...left, fill: 'two', size: 12 }),
  );
}

function words() {
  const names = ['q', 'k1', 'v1', 'k2', 'v2'];
  const fills = ['good', 'one', 'one', 'two', 'two'];
  const vectors = names.map((name, i) => {
    const x = 96 + i * 34 + (i > 0 ? 14 : 0) + (i > 2 ? 14 : 0);
    return [vector(x, 50, { fill: fills[i] }), text(x + 5, 40, name, { weight: 600 })];
  });
  const grid = range(6).flatMap((a) =>
    range(6).map((b) => {
      const mark = a === 4 && b === 2;
      return box(430 + b * 22, 40 + a * 22, 20, 20, {
        fill: mark ? 'good' : 'paper',
        opacity: mark ? 0.8 : 1,
        r: 2,
      });
    }),
  );
  return picture(
    740,
    220,
    vectors,
    grid,
    box(10, 62, 56, 32),
    text(38, 82, 'token'),
    line(
      [
        [66, 78],
        [90, 78],
      ],
      { arrow: true },
    ),
    text(176, 128, 'side 1', { fill: 'one', weight: 600 }),
    text(258, 128, 'side 2', { fill: 'two', weight: 600 }),
    line(
      [
        [140, 112],
        [212, 112],
      ],
      { stroke: 'one' },
    ),
    line(
      [
        [222, 112],
        [294, 112],
      ],
      { stroke: 'two' },
    ),
    text(217, 152, 'entry: what a cache is given of one token', soft),
    text(101, 128, 'query', { fill: 'good' }),
    range(6).map((a) => dot(416, 50 + a * 22, 4, { fill: 'one' })),
    range(6).map((b) => dot(440 + b * 22, 26, 4, { fill: 'two' })),
    text(396, 54 + 88, 'a', { fill: 'one', weight: 600 }),
    text(484, 16, 'b', { fill: 'two', weight: 600 }),
    text(590, 100, 'pair (a, b)', { ...left, fill: 'good', weight: 600 }),
    text(590, 120, 's = ⟨q, k1[a] ∗ k2[b]⟩', left),
    text(590, 140, 'v = v1[a] ∗ v2[b]', left),
    text(496, 194, 'n tokens, n² pairs: each query is scored against all of them', soft),
  );
}

function fourTwo() {
  const four = ['k1', 'k2', 'v1', 'v2'].map((name, i) => {
    const fill = i % 2 === 0 ? 'one' : 'two';
    return [box(66 + i * 50, 130, 34, 48, { fill, opacity: 0.6 }), text(83 + i * 50, 196, name)];
  });
  const two = ['k1[a] ∗ k2[b]', 'v1[a] ∗ v2[b]'].map((name, i) => [
    box(430 + i * 100, 30, 34, 148, { fill: 'good', opacity: 0.6 }),
    text(447 + i * 100, 196, name),
  ]);
  return picture(
    740,
    250,
    four,
    two,
    text(150, 24, 'four-cache', { weight: 600, size: 15 }),
    text(150, 46, 'keeps what it was given', soft),
    text(56, 158, 'n', { anchor: 'end' }),
    text(150, 220, '4·n·d numbers', { weight: 600 }),
    text(150, 240, 'n²·d products at each query, never stored', soft),
    text(610, 60, 'two-cache', { ...left, weight: 600, size: 15 }),
    text(610, 82, 'keeps the products', { ...left, ...soft }),
    text(420, 108, 'n²', { anchor: 'end' }),
    text(497, 220, '2·n²·d numbers', { weight: 600 }),
    text(497, 240, 'and the 4·n·d that they grow from', soft),
  );
}

function budget() {
  const [x0, y0] = [60, 210];
  const curve = (f, style) =>
    line(
      range(61)
        .map((i) => [x0 + i * 7, y0 - Math.min(190, f(i))])
        .filter(([, y]) => y > y0 - 190),
      { ...style, width: 2.5 },
    );
  return picture(
    740,
    250,
    line([
      [x0, 16],
      [x0, y0],
      [490, y0],
    ]),
    text(275, 236, 'tokens n', soft),
    text(30, 30, 'bytes', soft),
    line(
      [
        [x0, 70],
        [490, 70],
      ],
      { stroke: 'bad', dash: '6 4' },
    ),
    text(72, 62, 'budget of the run (--memory)', { fill: 'bad', anchor: 'start', size: 12 }),
    curve((i) => 0.11 * i * i, { stroke: 'good' }),
    curve((i) => 1.6 * i, { stroke: 'one' }),
    curve((i) => Math.min(1.6 * i, 32), { stroke: 'two' }),
    dot(x0 + 35.7 * 7, 70, 6, { fill: 'bad' }),
    text(500, 96, 'two-cache: refused before it', { ...left, fill: 'good' }),
    text(500, 112, 'starts, with this n', { ...left, fill: 'good' }),
    text(500, 136, 'four-cache: grows with n', { ...left, fill: 'one' }),
    text(500, 184, 'window: stops at its size', { ...left, fill: 'two' }),
  );
}

function atoms() {
  const [count, x] = [24, (i) => 122 + i * 17];
  const row = (y, name, words, shown) => [
    text(108, y + 4, name, { anchor: 'end', weight: 600 }),
    text(536, y + 4, words, { ...left, ...soft }),
    range(count).map((i) => dot(x(i), y, 2, { fill: 'line' })),
    shown.map(([i, r, fill = 'one']) => dot(x(i), y, r, { fill, opacity: 0.85 })),
  ];
  return picture(
    740,
    226,
    text(108, 22, 'tokens seen →', { ...soft, anchor: 'end' }),
    row(
      44,
      'four-cache',
      'all, weight 1',
      range(count).map((i) => [i, 5]),
    ),
    row(
      80,
      'window',
      'the last ones',
      range(8).map((i) => [count - 1 - i, 5]),
    ),
    row(
      116,
      'sinks',
      'the first and the last',
      [...range(3), ...range(6).map((i) => count - 1 - i)].map((i) => [i, 5]),
    ),
    row(
      152,
      'reservoir',
      'a sample, heavier as n grows',
      [1, 4, 9, 10, 15, 18, 20, 23].map((i) => [i, 7.5]),
    ),
    row(188, 'subgen-atoms', 'cluster centres and recent ones', [
      [2.5, 9, 'two'],
      [7, 7, 'two'],
      [11.5, 10, 'two'],
      [16, 6, 'two'],
      ...range(5).map((i) => [count - 1 - i, 5]),
    ]),
    text(330, 220, 'the size of a dot is its weight: the same kernel answers for all of them', soft),
  );
}

function skip() {
  const kept = new Set(['0,0', '0,1', '1,0', '2,2', '2,5', '5,2', '5,5', '6,6', '7,7', '6,7', '7,6', '4,4']);
  const grid = range(8).flatMap((a) =>
    range(8).map((b) => {
      const scored = kept.has(`${a},${b}`);
      return box(60 + b * 24, 36 + a * 24, 22, 22, {
        fill: scored ? 'good' : 'paper',
        opacity: scored ? 0.75 : 1,
        r: 2,
      });
    }),
  );
  return picture(
    740,
    256,
    grid,
    text(156, 22, 'blocks of 64 keys of side 2', { fill: 'two' }),
    text(20, 248, 'blocks of side 1 ↓', { ...left, fill: 'one' }),
    text(284, 70, '1  Each block keeps the smallest and largest coordinates of its keys.', left),
    text(284, 98, '2  From those corners: U, the most that a block pair can score.', left),
    text(284, 126, '3  M is a large score that was really found.', left),
    text(284, 154, '4  Blocks with U < M − ln(pairs/η) are left out.', left),
    box(284, 176, 18, 18, { fill: 'good', opacity: 0.75 }),
    text(310, 190, 'scored', left),
    box(400, 176, 18, 18),
    text(426, 190, 'skipped: at most η of what was scored', left),
  );
}

function deviation() {
  const curve = (std, stroke) =>
    line(
      range(101).map((i) => {
        const s = (i - 50) / 10;
        return [
          60 + i * 3.4,
          190 - (120 / std ** 0.5) * Math.exp((-s * s) / (2 * std * std)) * (std < 1 ? 0.8 : 1),
        ];
      }),
      { stroke, width: 2.5 },
    );
  const bars = (x, y, heights, fill) =>
    heights.map((h, i) => box(x + i * 12, y - h, 9, h, { fill, stroke: fill, opacity: 0.7, r: 1 }));
  return picture(
    740,
    230,
    line([
      [56, 190],
      [404, 190],
    ]),
    text(230, 212, 'scores of all pairs', soft),
    curve(0.6, 'one'),
    curve(1.9, 'two'),
    text(300, 60, 'R = 0.6', { fill: 'one', weight: 600 }),
    text(340, 130, 'R = 1.9', { fill: 'two', weight: 600 }),
    bars(470, 90, [22, 20, 19, 18, 18, 17, 17, 16, 16, 15, 15, 14, 14, 13, 12], 'one'),
    text(560, 112, 'attention is spread: every pair counts a little', soft),
    bars(470, 190, [64, 30, 16, 9, 6, 4, 3, 2, 2, 1, 1, 1, 1, 1, 1], 'two'),
    text(560, 212, 'a few pairs hold it: keeping those is what counts', soft),
  );
}

export const pictures = {
  flow: flow(),
  words: words(),
  'four-two': fourTwo(),
  budget: budget(),
  atoms: atoms(),
  skip: skip(),
  deviation: deviation(),
};

if (process.argv[1] === import.meta.filename) {
  for (const [name, svg] of Object.entries(pictures))
    writeFileSync(new URL(`${name}.svg`, import.meta.url), svg);
}
