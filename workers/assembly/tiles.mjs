// The innermost loops of the wasm kernel as AssemblyScript text, one set for each build: tiles of sums that stay in
// registers, and the passes over a block of scores. They are written out straight, without loops over registers,
// because V8 keeps exactly what it is given.
//
// A "vector" below is `pair` × v128. V8 can fuse two v128 operations into one of 256 bits when both halves lie at
// constant offsets from the same local, their loads, operations and stores stand together, and the high half is
// stored first. Sums leave a loop through such stores too: lanes taken one by one are not fused.

/** @typedef {{ pair: 1 | 2, keys: number, rows: number, relaxed: boolean }} Tile sizes: see builds.mjs */

const range = (n) => Array.from({ length: n }, (_, i) => i);
const lines = (list, indent = 4) => list.join(`\n${' '.repeat(indent)}`);

/**
 * Names of the v128 locals of one vector, low half first; `store` gives the statements that store it.
 * @param {{ pair: number }} build
 */
function vectors({ pair }) {
  const halves = (name) => range(pair).map((h) => `${name}_${h}`);
  return {
    bytes: 16 * pair,
    halves,
    /** One statement for each half. */
    each: (name, statement) => halves(name).map(statement).join(' '),
    load: (name, base, offset) =>
      halves(name)
        .map((half, h) => `const ${half} = v128.load(${base}, ${offset + 16 * h});`)
        .join(' '),
    store: (name, base, offset) =>
      halves(name)
        .map((half, h) => `v128.store(${base}, ${half}, ${offset + 16 * h});`)
        .reverse()
        .join(' '),
  };
}

/** x·y + z; relaxed: rounded once where the processor can, which is what it is for. */
const madd = ({ relaxed }, x, y, z) =>
  relaxed ? `f32x4.relaxed_madd(${x}, ${y}, ${z})` : `f32x4.add(f32x4.mul(${x}, ${y}), ${z})`;

/** `rows` × `columns` sums, and what adds broadcast factor a to the sums of its row. */
function sums(build, rows, columns) {
  const { halves, each } = vectors(build);
  const all = range(rows).flatMap((r) => range(columns).map((c) => `c${r}_${c}`));
  return {
    all,
    declare: all.map((name) => each(name, (half) => `let ${half} = f32x4.splat(0);`)),
    add: (r) =>
      range(columns)
        .map((c) =>
          range(build.pair)
            .map((h) => `${halves(`c${r}_${c}`)[h]} = ${madd(build, `a${r}`, `b${c}_${h}`, `c${r}_${c}_${h}`)};`)
            .join(' '),
        )
        .join(' '),
  };
}

/** s[b][a] = Σ_t k2[b][t]·y[t][a] for `keys` keys b, rows of k2 `stride` bytes apart, and two vectors of rows a. */
function scoreTile(build) {
  const { keys } = build;
  const { bytes, load, store } = vectors(build);
  const tile = sums(build, keys, 2);
  const pointers = range(keys).map((b) => `let k${b} = k + ${b} * stride;`);
  return `function scoreTile(y: usize, k: usize, stride: usize, depth: i32, s: usize, width: usize): void {
  ${lines(pointers, 2)}
  const end = y + (<usize>depth) * Y_STRIDE;
  ${lines(tile.declare, 2)}
  do {
    ${load('b0', 'y', 0)} ${load('b1', 'y', bytes)}
    ${lines(range(keys).map((b) => `const a${b} = v128.load32_splat(k${b}); ${tile.add(b)}`))}
    ${range(keys)
      .map((b) => `k${b} += 4;`)
      .join(' ')}
    y += Y_STRIDE;
  } while (y < end);
  ${lines(
    range(keys).map((b) => `${store(`c${b}_0`, 's', 0)} ${store(`c${b}_1`, 's', bytes)} s += width;`),
    2,
  )}
}`;
}

/** u[a][j] += Σ_b p[b][a]·v2[b][j] for `rows` rows a and `columns` vectors of coordinates j. */
function valueTile(build, name, rows, columns) {
  const { bytes, load, store, halves } = vectors(build);
  const tile = sums(build, rows, columns);
  const finish = (r) => {
    const old = range(columns).map((c) => load(`u${r}_${c}`, 'u', c * bytes));
    const sum = range(columns).map((c) =>
      range(build.pair)
        .map((h) => `const w${r}_${c}_${h} = f32x4.add(${halves(`u${r}_${c}`)[h]}, c${r}_${c}_${h});`)
        .join(' '),
    );
    const put = range(columns).map((c) => store(`w${r}_${c}`, 'u', c * bytes));
    return [...range(columns).map((c) => `${old[c]} ${sum[c]} ${put[c]}`), 'u += U_STRIDE;'].join(' ');
  };
  return `function ${name}(p: usize, width: usize, v: usize, stride: usize, keys: i32, u: usize): void {
  const end = p + (<usize>keys) * width;
  ${lines(tile.declare, 2)}
  do {
    ${range(columns)
      .map((c) => load(`b${c}`, 'v', c * bytes))
      .join(' ')}
    ${lines(range(rows).map((r) => `const a${r} = v128.load32_splat(p, ${4 * r}); ${tile.add(r)}`))}
    p += width;
    v += stride;
  } while (p < end);
  ${lines(range(rows).map(finish), 2)}
}`;
}

/** Largest of the floats in [s, end), a multiple of 64 bytes; 128 bytes at `spare` are free. */
function largest(build) {
  const names = range(4).map((i) => `m_${i}`);
  return `function largest(s: usize, end: usize, spare: usize): f32 {
  ${names.map((m, i) => `let ${m} = v128.load(s, ${16 * i});`).join(' ')}
  for (s += 64; s < end; s += 64) {
    ${lines(names.map((m, i) => `${m} = f32x4.pmax(${m}, v128.load(s, ${16 * i}));`))}
  }
  ${lines(storePairs(build, names, 'spare'), 2)}
  let best = load<f32>(spare);
  for (let i: usize = 4; i < 64; i += 4) best = max<f32>(best, load<f32>(spare + i));
  return best;
}`;
}

/**
 * s = 2^(s - m) in place over [s, end), a multiple of 64 bytes, and the sum; m is an integer and s ≤ m + 16.
 * The fraction in [-1/2, 1/2] goes through a polynomial (relative error below 2e-7), the integer part through the
 * exponent bits, by a product, so that NaN stays NaN whatever its bits are. Below 2^-126 a weight is exactly 0.
 */
function weigh(build) {
  const each = (statement) => lines(range(4).map((i) => statement(i)));
  const step = (i, coefficient) => `p${i} = ${madd(build, `p${i}`, `f${i}`, coefficient)};`;
  return `function weigh(s: usize, end: usize, m: f32, spare: usize): f64 {
  const lowest = f32x4.splat(m - 127);
  const magic = f32x4.splat(<f32>12583039.0 - m); // 1.5·2^23 + 127: adding it leaves the exponent bits of 2^k
  const c5 = f32x4.splat(0.00132647273), c4 = f32x4.splat(0.00967151299), c3 = f32x4.splat(0.0555073358);
  const c2 = f32x4.splat(0.240222424), c1 = f32x4.splat(0.693147004), c0 = f32x4.splat(1);
  let z_0 = f32x4.splat(0), z_1 = f32x4.splat(0);
  do {
    ${each((i) => `let f${i} = v128.load(s, ${16 * i});`)}
    ${each((i) => `f${i} = f32x4.pmax(f${i}, lowest);`)}
    ${each((i) => `const t${i} = f32x4.add(f${i}, magic);`)}
    ${each((i) => `f${i} = f32x4.sub(f${i}, f32x4.sub(t${i}, magic));`)}
    ${each((i) => `let p${i} = ${madd(build, 'c5', `f${i}`, 'c4')};`)}
    ${lines(['c3', 'c2', 'c1', 'c0'].map((c) => each((i) => step(i, c))))}
    ${each((i) => `p${i} = f32x4.mul(p${i}, i32x4.shl(t${i}, 23));`)}
    z_0 = f32x4.add(z_0, f32x4.add(p0, p2)); z_1 = f32x4.add(z_1, f32x4.add(p1, p3));
    ${lines(storePairs(build, ['p0', 'p1', 'p2', 'p3'], 's'))}
    s += 64;
  } while (s < end);
  ${lines(storePairs(build, ['z_0', 'z_1'], 'spare'), 2)}
  let sum: f64 = 0;
  for (let i: usize = 0; i < 32; i += 4) sum += load<f32>(spare + i);
  return sum;
}`;
}

/** Store v128 locals one after the other, the high half of each pair first. */
function storePairs({ pair }, names, base) {
  const stores = names.map((name, i) => `v128.store(${base}, ${name}, ${16 * i});`);
  return range(names.length / pair).map((v) => stores.slice(v * pair, (v + 1) * pair).reverse().join(' '));
}

/** The generated part of one build; the rest is the *.ts files beside this one. */
export function tiles(build) {
  const { pair, keys, rows } = build;
  const constants = { LANES: 4 * pair, KEYS: keys, ROWS: rows, Y_STRIDE: 192, U_STRIDE: 1088 };
  return [
    ...Object.entries(constants).map(([name, value]) => `export const ${name} = ${value};`),
    scoreTile(build),
    valueTile(build, 'valueTile', rows, 2),
    valueTile(build, 'narrowTile', 2 * rows, 1),
    largest(build),
    weigh(build),
  ]
    .map((part) => part.replace(/^function/, 'export function'))
    .join('\n');
}
