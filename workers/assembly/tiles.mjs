// The innermost loops of the wasm kernel as AssemblyScript text: tiles of sums that stay in registers, and the passes
// over a block of scores. They are written out straight, without loops over registers, because V8 keeps the order and
// the registers that it is given.
//
// A vector is one v128, or a pair of them that V8 can fuse into 256 bits: then both halves lie at constant offsets
// from the same local, their loads, operations and stores stand together, and the high half is stored first. Sums
// leave a loop through such stores too, because lanes taken one by one are not fused.
//
// A vector named b0 has the locals b0_0 (and b0_1).

const GROUP = 48; // rows of side 1 worked on together: a multiple of every tile
const U_STRIDE = 1088; // bytes: 256 floats, and 64 more so that rows do not share sets of the first-level cache

const range = (n) => Array.from({ length: n }, (_, i) => i);
const words = (list) => list.join(' ');
const lines = (list, indent = 2) => list.join(`\n${' '.repeat(indent)}`);

/** The constants and functions that one build (builds.mjs) exports from ./tiles. */
export function tiles(build) {
  const { pair, keys, rows } = build;
  const constants = {
    GROUP,
    BLOCK: Math.ceil(64 / keys) * keys, // keys of side 2 worked on together
    LANES: 4 * pair, // floats of a vector
    KEYS: keys,
    ROWS: rows,
    Y_STRIDE: 4 * GROUP,
    U_STRIDE,
  };
  return [
    ...Object.entries(constants).map(([name, value]) => `export const ${name} = ${value};`),
    scoreTile(build, 'scoreTile', keys),
    scoreTile(build, 'restTile', keys - 2),
    valueTile(build, 'valueTile', rows, 2),
    valueTile(build, 'narrowTile', 2 * rows, 1),
    largest(build),
    weigh(build),
  ].join('\n');
}

const halves = ({ pair }, name) => range(pair).map((h) => `${name}_${h}`);

const load = (build, name, base, offset) =>
  words(halves(build, name).map((half, h) => `const ${half} = v128.load(${base}, ${offset + 16 * h});`));

const store = (build, name, base, offset) =>
  words(
    halves(build, name)
      .map((half, h) => `v128.store(${base}, ${half}, ${offset + 16 * h});`)
      .reverse(),
  );

/** x·y + z */
const madd = ({ relaxed }, x, y, z) =>
  relaxed ? `f32x4.relaxed_madd(${x}, ${y}, ${z})` : `f32x4.add(f32x4.mul(${x}, ${y}), ${z})`;

/** Sums c0_0, c0_1, c1_0 … of `rows` × `columns` vectors, all 0. */
const declareSums = (build, rows, columns) =>
  lines(
    range(rows).map((r) =>
      words(
        range(columns).flatMap((c) =>
          halves(build, `c${r}_${c}`).map((half) => `let ${half} = f32x4.splat(0);`),
        ),
      ),
    ),
  );

/** Sums of row r += the number at `base`, `offset` × vectors b0, b1 … */
const addToRow = (build, r, columns, base, offset) =>
  words([
    `const a${r} = v128.load32_splat(${base}, ${offset});`,
    ...range(columns).flatMap((c) =>
      halves(build, `c${r}_${c}`).map((sum, h) => `${sum} = ${madd(build, `a${r}`, `b${c}_${h}`, sum)};`),
    ),
  ]);

/** Steps that share one turn of a loop; between two of them the loop may end. V8 keeps each in its own block. */
const unrolled = ({ unroll }, step, over) =>
  lines(
    range(unroll).flatMap((i) => [
      `{ ${lines(step(i), 6)} }`,
      ...(i + 1 < unroll ? [`if (${over(i + 1)}) break;`] : []),
    ]),
    4,
  );

/**
 * s[b][a] = Σ_t k[b][t]·y[t][a] for `keys` keys b, which lie `stride` bytes apart, and two vectors of rows a; then the
 * same for the keys behind them, `tiles` times in all.
 */
function scoreTile(build, name, keys) {
  const { pair, unroll } = build;
  const step = (i) => [
    words([0, 1].map((c) => load(build, `b${c}`, 'y', 4 * GROUP * i + 16 * pair * c))),
    ...range(keys).map((b) => addToRow(build, b, 2, `k${b}`, 4 * i)),
  ];
  const finish = (b) => words([0, 1].map((c) => store(build, `c${b}_${c}`, 's', 16 * pair * c)));
  return `
export function ${name}(first: usize, k: usize, stride: usize, depth: i32, s: usize, width: usize, tiles: i32): void {
  const end = first + (<usize>depth) * Y_STRIDE;
  do {
    let y = first, k0 = k;
    ${words(range(keys - 1).map((b) => `let k${b + 1} = k${b} + stride;`))}
    k = k${keys - 1} + stride;
    ${declareSums(build, keys, 2)}
    do {
      ${unrolled(build, step, (i) => `y + ${4 * GROUP * i} >= end`)}
      ${words(range(keys).map((b) => `k${b} += ${4 * unroll};`))} y += ${unroll} * Y_STRIDE;
    } while (y < end);
    ${lines(
      range(keys).map((b) => `${finish(b)} s += width;`),
      4,
    )}
  } while (--tiles > 0);
}`;
}

/**
 * u[a][j] += Σ_b p[b][a]·v[b][j] for `rows` rows a and `columns` vectors of coordinates j; then the same for the
 * coordinates behind them, `tiles` times in all.
 */
function valueTile(build, name, rows, columns) {
  const { pair, unroll } = build;
  const step = (i) => [
    words(range(columns).map((c) => load(build, `b${c}`, `v${i}`, 16 * pair * c))),
    ...range(rows).map((a) => addToRow(build, a, columns, `p${i}`, 4 * a)),
  ];
  const later = range(unroll)
    .slice(1)
    .map((i) => `const p${i} = p${i - 1} + width, v${i} = v${i - 1} + stride;`);
  const finish = (a) =>
    words(
      range(columns).map((c) => {
        const sum = halves(build, `c${a}_${c}`).map(
          (half, h) => `${half} = f32x4.add(u${a}_${c}_${h}, ${half});`,
        );
        return words([
          load(build, `u${a}_${c}`, 'to', 16 * pair * c),
          ...sum,
          store(build, `c${a}_${c}`, 'to', 16 * pair * c),
        ]);
      }),
    );
  const bytes = 16 * pair * columns;
  return `
export function ${name}(p: usize, width: usize, v: usize, stride: usize, keys: i32, u: usize, tiles: i32): void {
  const end = p + (<usize>keys) * width;
  do {
    let p0 = p, v0 = v, to = u;
    ${declareSums(build, rows, columns)}
    do {
      ${words(later)}
      ${unrolled(build, step, (i) => `p${i} >= end`)}
      p0 += ${unroll} * width; v0 += ${unroll} * stride;
    } while (p0 < end);
    ${lines(
      range(rows).map((a) => `${finish(a)} to += U_STRIDE;`),
      4,
    )}
    v += ${bytes}; u += ${bytes};
  } while (--tiles > 0);
}`;
}

/** v128 locals `names` to consecutive places, the high half of each pair first. */
function storeAll({ pair }, names, base) {
  const stores = names.map((name, i) => `v128.store(${base}, ${name}, ${16 * i});`);
  return words(range(names.length / pair).flatMap((v) => stores.slice(v * pair, (v + 1) * pair).reverse()));
}

/** Largest of the floats in [s, end), a multiple of 64 bytes; 64 bytes at `spare` are free. A NaN may be passed over. */
function largest(build) {
  const all = range(4);
  return `
export function largest(s: usize, end: usize, spare: usize): f32 {
  ${words(all.map((i) => `let m${i} = v128.load(s, ${16 * i});`))}
  for (s += 64; s < end; s += 64) {
    ${lines(
      all.map((i) => `m${i} = f32x4.pmax(m${i}, v128.load(s, ${16 * i}));`),
      4,
    )}
  }
  ${storeAll(
    build,
    all.map((i) => `m${i}`),
    'spare',
  )}
  let best = load<f32>(spare);
  for (let i: usize = 4; i < 64; i += 4) best = max<f32>(best, load<f32>(spare + i));
  return best;
}`;
}

/**
 * s = 2^(s - m) in place over [s, end), a multiple of 64 bytes, and their sum; m is an integer and s ≤ m + 16. The
 * fraction in [-1/2, 1/2] goes through a polynomial (relative error below 2e-7), the integer part becomes the factor
 * 2^k by its bits; a product, so that NaN stays NaN whatever its bits are. Weights below 2^-126 are exactly 0.
 */
function weigh(build) {
  const all = range(4);
  const each = (statement) => words(all.map(statement));
  const horner = (c) => each((i) => `p${i} = ${madd(build, `p${i}`, `f${i}`, c)};`);
  return `
export function weigh(s: usize, end: usize, m: f32, spare: usize): f64 {
  const lowest = f32x4.splat(m - 127);
  const magic = f32x4.splat(<f32>12583039.0 - m); // 1.5·2^23 + 127: adding it leaves k + 127 in the low bits
  const c5 = f32x4.splat(0.00132647273), c4 = f32x4.splat(0.00967151299), c3 = f32x4.splat(0.0555073358);
  const c2 = f32x4.splat(0.240222424), c1 = f32x4.splat(0.693147004), c0 = f32x4.splat(1);
  let z0 = f32x4.splat(0), z1 = f32x4.splat(0);
  do {
    ${each((i) => `let f${i} = v128.load(s, ${16 * i});`)}
    ${each((i) => `f${i} = f32x4.pmax(f${i}, lowest);`)}
    ${each((i) => `const t${i} = f32x4.add(f${i}, magic);`)}
    ${each((i) => `f${i} = f32x4.sub(f${i}, f32x4.sub(t${i}, magic));`)}
    ${each((i) => `let p${i} = ${madd(build, 'c5', `f${i}`, 'c4')};`)}
    ${lines(['c3', 'c2', 'c1', 'c0'].map(horner), 4)}
    ${each((i) => `p${i} = f32x4.mul(p${i}, i32x4.shl(t${i}, 23));`)}
    ${each((i) => `z${i % 2} = f32x4.add(z${i % 2}, p${i});`)}
    ${storeAll(
      build,
      all.map((i) => `p${i}`),
      's',
    )}
    s += 64;
  } while (s < end);
  ${storeAll(build, ['z0', 'z1'], 'spare')}
  let sum: f64 = 0;
  for (let i: usize = 0; i < 32; i += 4) sum += load<f32>(spare + i);
  return sum;
}`;
}
