// The grid kernel for one vector width. Included once per instruction set by kernels.c, with
//   ISA     suffix of the names            LANES   floats per vector
//   TARGET  function attributes            VMAX    maximum of two vectors; the second where either is NaN
//   KEYS    keys of side 2 per tile        ROWS    rows of side 1 per tile
// Two tiles of sums stay in registers: scores (KEYS × 2 vectors of rows) and values (ROWS × 2 vectors of
// coordinates). Everything is read as it is stored, row by row; only the scaled keys of side 1 are transposed, once
// per chunk of CHUNK rows.

typedef float NAME(vec) __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t NAME(ivec) __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
#define V NAME(vec)
#define LOAD(p) (*(const V *)(p))
#define STORE(p, x) (*(V *)(p) = (x))
#define INLINE static TARGET inline __attribute__((always_inline))
#define SEPARATE static TARGET __attribute__((noinline))

// s[b][a] = Σ_t k2[b][t]·y[t][a] for KEYS keys b and 2·LANES rows a
INLINE void NAME(score_tile)(const float *y, const float *k2, int depth, int stride, float *s) {
  V acc[KEYS][2] = {0};
  for (int t = 0; t < depth; t++) {
    const V y0 = LOAD(y + t * CHUNK), y1 = LOAD(y + t * CHUNK + LANES);
#pragma GCC unroll 16
    for (int b = 0; b < KEYS; b++) {
      const float k = k2[b * stride + t];
      acc[b][0] += y0 * k;
      acc[b][1] += y1 * k;
    }
  }
#pragma GCC unroll 16
  for (int b = 0; b < KEYS; b++) {
    STORE(s + b * CHUNK, acc[b][0]);
    STORE(s + b * CHUNK + LANES, acc[b][1]);
  }
}

// s[b][a] for all keys of a block and `rows` rows (both rounded up: s has room, and the caller masks the rest)
SEPARATE void NAME(scores)(const float *y, const float *k2, int depth, int stride, int keys, int rows, float *s) {
  for (int a = 0; a < rows; a += 2 * LANES)
    for (int b = 0; b < keys; b += KEYS) NAME(score_tile)(y + a, k2 + (size_t)b * stride, depth, stride, s + b * CHUNK + a);
}

// w[a][j] += Σ_b p[b][a]·v2[b][j] for `rows` rows a and `vectors`·LANES coordinates j, both constants of the caller
INLINE void NAME(value_tile)(const float *p, const float *v2, int keys, int stride, float *w, int ldw, const int rows,
                             const int vectors) {
  V acc[2 * ROWS][2] = {0};
  for (int b = 0; b < keys; b++) {
    const V v0 = LOAD(v2 + (size_t)b * stride), v1 = vectors == 2 ? LOAD(v2 + (size_t)b * stride + LANES) : v0;
#pragma GCC unroll 16
    for (int a = 0; a < rows; a++) {
      const float weight = p[b * CHUNK + a];
      acc[a][0] += v0 * weight;
      if (vectors == 2) acc[a][1] += v1 * weight;
    }
  }
#pragma GCC unroll 16
  for (int a = 0; a < rows; a++) {
    STORE(w + a * ldw, LOAD(w + a * ldw) + acc[a][0]);
    if (vectors == 2) STORE(w + a * ldw + LANES, LOAD(w + a * ldw + LANES) + acc[a][1]);
  }
}

// All `width` coordinates, a multiple of LANES: two vectors at a time, and the odd one with twice the rows
SEPARATE void NAME(values)(const float *p, const float *v2, int keys, int stride, int rows, int width, float *w,
                           int ldw) {
  int j = 0;
  for (; j + 2 * LANES <= width; j += 2 * LANES)
    for (int a = 0; a < rows; a += ROWS) NAME(value_tile)(p + a, v2 + j, keys, stride, w + a * ldw + j, ldw, ROWS, 2);
  if (j < width)
    for (int a = 0; a < rows; a += 2 * ROWS)
      NAME(value_tile)(p + a, v2 + j, keys, stride, w + a * ldw + j, ldw, 2 * ROWS, 1);
}

// Largest of n floats; n is a multiple of CHUNK.
SEPARATE float NAME(largest)(const float *s, int n) {
  V m0 = LOAD(s), m1 = LOAD(s + LANES);
  for (int i = 0; i < n; i += 2 * LANES) {
    m0 = VMAX(m0, LOAD(s + i));
    m1 = VMAX(m1, LOAD(s + i + LANES));
  }
  m0 = VMAX(m0, m1);
  float best = m0[0];
  for (int k = 1; k < LANES; k++) best = m0[k] > best ? m0[k] : best;
  return best;
}

// s = 2^(s - m) in place, and their sum; m is an integer and s ≤ m + 16. Relative error of a weight below 2e-7:
// the fraction in [-1/2, 1/2] by a polynomial, the integer part by the power of 2 that has it as exponent bits.
SEPARATE double NAME(weigh)(float *s, int n, float m) {
  const float magic = 12582912.0f - m; // 1.5·2^23: adding it rounds to an integer in the low bits
  const V floor = (V){0} + (m - 126.0f);
  V sum0 = {0}, sum1 = {0};
  for (int i = 0; i < n; i += 2 * LANES) {
#pragma GCC unroll 2
    for (int k = 0; k < 2; k++) {
      const V x = VMAX(floor, LOAD(s + i + k * LANES)); // of a NaN and a number VMAX gives its second: NaN stays
      const V t = x + magic, f = x - (t - magic);
      V p = f * 0.00132647273f + 0.00967151299f;
      p = p * f + 0.0555073358f;
      p = p * f + 0.240222424f;
      p = p * f + 0.693147004f;
      p = p * f + 1.0f;
      p *= (V)(((NAME(ivec))t << 23) + 0x3f800000); // times 2^k: adding k to the exponent would make numbers of NaNs
      STORE(s + i + k * LANES, p);
      if (k == 0) sum0 += p;
      else sum1 += p;
    }
  }
  sum0 += sum1;
  double sum = 0;
  for (int k = 0; k < LANES; k++) sum += sum0[k];
  return sum;
}

// 2^x for x ≤ 0; the smallest normal number below -126
INLINE V NAME(power)(V x) {
  x = VMAX((V){0} - 126.0f, x); // a NaN stays
  const V t = x + 12582912.0f, f = x - (t - 12582912.0f);
  V p = f * 0.00132647273f + 0.00967151299f;
  p = p * f + 0.0555073358f;
  p = p * f + 0.240222424f;
  p = p * f + 0.693147004f;
  p = p * f + 1.0f;
  return p * (V)(((NAME(ivec))t << 23) + 0x3f800000);
}

// Merge the scores s[b][a] of a block into each row's maximum m[a] and sum l[a] = Σ 2^(s - m).
SEPARATE void NAME(row_sums)(const float *s, int keys, float *m, float *l) {
  for (int a = 0; a < CHUNK; a += LANES) {
    V max = LOAD(m + a), sum = {0};
    for (int b = 0; b < keys; b++) max = VMAX(LOAD(s + b * CHUNK + a), max); // passes over a NaN, which the sum keeps
    for (int b = 0; b < keys; b++) sum += NAME(power)(LOAD(s + b * CHUNK + a) - max);
    STORE(l + a, LOAD(l + a) * NAME(power)(LOAD(m + a) - max) + sum);
    STORE(m + a, max);
  }
}

// Σ_t x[t]·y[t]
INLINE float NAME(dot)(const float *x, const float *y, int d) {
  V acc0 = {0}, acc1 = {0};
  int t = 0;
  for (; t + 2 * LANES <= d; t += 2 * LANES) {
    acc0 += LOAD(x + t) * LOAD(y + t);
    acc1 += LOAD(x + t + LANES) * LOAD(y + t + LANES);
  }
  acc0 += acc1;
  float sum = 0;
  for (int k = 0; k < LANES; k++) sum += acc0[k];
  for (; t < d; t++) sum += x[t] * y[t];
  return sum;
}

// s[i] = <q, key i> for consecutive keys
SEPARATE void NAME(row_scores)(const float *q, const float *keys, int rows, int d, float *s) {
  for (int i = 0; i < rows; i++) s[i] = NAME(dot)(q, keys + (size_t)i * d, d);
}

// acc[j] += Σ_i p[i]·value i, (d), in float32 over at most ROW_BLOCK rows
SEPARATE void NAME(row_values)(const float *p, const float *values, int rows, int d, float *acc) {
  int j = 0;
  for (; j + LANES <= d; j += LANES) {
    V a0 = {0}, a1 = {0};
    int i = 0;
    for (; i + 2 <= rows; i += 2) {
      a0 += LOAD(values + (size_t)i * d + j) * p[i];
      a1 += LOAD(values + (size_t)(i + 1) * d + j) * p[i + 1];
    }
    if (i < rows) a0 += LOAD(values + (size_t)i * d + j) * p[i];
    STORE(acc + j, a0 + a1);
  }
  for (; j < d; j++) {
    float sum = 0;
    for (int i = 0; i < rows; i++) sum += values[(size_t)i * d + j] * p[i];
    acc[j] = sum;
  }
}

#undef V
#undef LOAD
#undef STORE
#undef INLINE
#undef SEPARATE
