// Causal attention of whole sequences, and its gradient, for training: for one vector width (macros as in grid.h, `power` of
// grid.h). LANES rows of side 1 lie in one vector per coordinate, so that a score of LANES pairs takes d multiply-adds; sums
// into rows of side 2 go the other way, along coordinates. Nothing of a query is longer than side 2. math.md 6.2.

#define V NAME(vec)
#define LOAD(p) (*(const V *)(p))
#define STORE(p, x) (*(V *)(p) = (x))
#define INLINE static TARGET inline __attribute__((always_inline))

INLINE float NAME(total)(V x) {
  float sum = 0;
  for (int k = 0; k < LANES; k++) sum += x[k];
  return sum;
}

// 0 for the lanes of rows [a, rows), -1e30 behind them
INLINE V NAME(behind)(int a, int rows) {
  V mask = {0};
  for (int k = 0; a + LANES > rows && k < LANES; k++) mask[k] = a + k < rows ? 0 : -1e30f;
  return mask;
}

// x[t] = Σ_b p[b]·rows[b][t] for LANES rows of side 1
INLINE void NAME(through)(const float *p, const float *rows, int keys, V *x, const int d) {
#pragma GCC unroll 16
  for (int t = 0; t < d; t++) x[t] = (V){0};
  for (int b = 0; b < keys; b++) {
    const V weight = LOAD(p + b * LANES);
#pragma GCC unroll 16
    for (int t = 0; t < d; t++) x[t] += weight * rows[b * d + t];
  }
}

// Σ_t z[t]·row[t]
INLINE V NAME(scored)(const V *z, const float *row, V start, const int d) {
  V even = start, odd = {0};
#pragma GCC unroll 16
  for (int t = 0; t < d; t += 2) {
    even += z[t] * row[t];
    odd += z[t + 1] * row[t + 1];
  }
  return even + odd;
}

// Query i: its output, (d), and log2 of the sum of its weights
INLINE void NAME(sequence_ask)(const Sequence *s, int i, const int d) {
  const int rows = i + 1, keys = s->keys < rows ? s->keys : rows;
  float most = -1e30f, sum = 0, acc[MAX_D] = {0};
  for (int a = 0; a < rows; a += LANES) {
    const V mask = NAME(behind)(a, rows);
    V z[MAX_D], best = {0};
    best -= 1e30f;
#pragma GCC unroll 16
    for (int t = 0; t < d; t++) z[t] = LOAD(s->k1 + (size_t)t * s->padded + a) * s->q[(size_t)i * d + t];
    for (int b = 0; b < keys; b++) {
      const V score = NAME(scored)(z, s->k2 + (size_t)b * d, mask, d);
      STORE(s->weights + b * LANES, score);
      best = VMAX(score, best);
    }
    float top = most;
    for (int k = 0; k < LANES; k++) top = best[k] > top ? best[k] : top;
    const float factor = exp2f(most - top);
    most = top;
    V weighed = {0};
    for (int b = 0; b < keys; b++) {
      const V weight = NAME(power)(LOAD(s->weights + b * LANES) - most);
      STORE(s->weights + b * LANES, weight);
      weighed += weight;
    }
    sum = sum * factor + NAME(total)(weighed);
    V u[MAX_D];
    NAME(through)(s->weights, s->v2, keys, u, d);
#pragma GCC unroll 16
    for (int t = 0; t < d; t++) acc[t] = acc[t] * factor + NAME(total)(u[t] * LOAD(s->v1 + (size_t)t * s->padded + a));
  }
  for (int t = 0; t < d; t++) s->out[(size_t)i * d + t] = acc[t] / sum;
  s->logs[i] = most + log2f(sum);
}

// rows[b][t] += Σ_a p[b][a]·x[a][t] for the LANES rows a of a block of side 1: x lies row by row
INLINE void NAME(into_keys)(const float *p, const float *x, int keys, float *rows, const int d) {
  for (int t = 0; t < d; t += LANES) {
    V of[LANES];
#pragma GCC unroll 16
    for (int a = 0; a < LANES; a++) of[a] = LOAD(x + a * d + t);
    for (int b = 0; b < keys; b++) {
      V even = LOAD(rows + (size_t)b * d + t), odd = {0};
#pragma GCC unroll 16
      for (int a = 0; a < LANES; a += 2) {
        even += of[a] * p[b * LANES + a];
        odd += of[a + 1] * p[b * LANES + a + 1];
      }
      STORE(rows + (size_t)b * d + t, even + odd);
    }
  }
}

// What query i brings to every gradient, from the gradient by its output, (d)
INLINE void NAME(sequence_give)(const Sequence *s, int i, const int d) {
  const int rows = i + 1, keys = s->keys < rows ? s->keys : rows;
  const float *q = s->q + (size_t)i * d, *by = s->by_out + (size_t)i * d, *out = s->out + (size_t)i * d;
  float mean = 0, scaled[MAX_D], x_row[LANES * MAX_D], g_row[LANES * MAX_D];
  for (int t = 0; t < d; t++) {
    mean += by[t] * out[t];
    scaled[t] = q[t] * (float)LN2; // q holds scale·log2 e
  }
  for (int a = 0; a < rows; a += LANES) {
    const V mask = NAME(behind)(a, rows) - s->logs[i];
    V z[MAX_D], g[MAX_D];
#pragma GCC unroll 16
    for (int t = 0; t < d; t++) {
      z[t] = LOAD(s->k1 + (size_t)t * s->padded + a) * q[t];
      g[t] = LOAD(s->v1 + (size_t)t * s->padded + a) * by[t];
    }
    for (int b = 0; b < keys; b++)
      STORE(s->weights + b * LANES, NAME(power)(NAME(scored)(z, s->k2 + (size_t)b * d, mask, d)));
    for (int b = 0; b < keys; b++) {
      const V slope = NAME(scored)(g, s->v2 + (size_t)b * d, (V){0} - mean, d);
      STORE(s->slopes + b * LANES, slope * LOAD(s->weights + b * LANES));
    }
    V x[MAX_D];
    NAME(through)(s->slopes, s->k2, keys, x, d);
#pragma GCC unroll 16
    for (int t = 0; t < d; t++) {
      float *by_k1 = s->by_k1 + (size_t)t * s->padded + a;
      STORE(by_k1, LOAD(by_k1) + x[t] * scaled[t]);
      s->by_q[(size_t)i * d + t] += NAME(total)(x[t] * LOAD(s->k1 + (size_t)t * s->padded + a));
    }
    NAME(through)(s->weights, s->v2, keys, x, d);
#pragma GCC unroll 16
    for (int t = 0; t < d; t++) {
      float *by_v1 = s->by_v1 + (size_t)t * s->padded + a;
      STORE(by_v1, LOAD(by_v1) + x[t] * by[t]);
    }
    if (s->by_k2 == NULL) continue;
    for (int k = 0; k < LANES; k++)
      for (int t = 0; t < d; t++) {
        x_row[k * d + t] = s->k1_rows[(size_t)(a + k) * d + t] * scaled[t];
        g_row[k * d + t] = s->v1_rows[(size_t)(a + k) * d + t] * by[t];
      }
    NAME(into_keys)(s->slopes, x_row, keys, s->by_k2, d);
    NAME(into_keys)(s->weights, g_row, keys, s->by_v2, d);
  }
}

static TARGET __attribute__((noinline)) void NAME(sequence)(const Sequence *s, int gradient) {
  // with d a constant the vectors of a row stay in registers
  for (int i = 0; i < s->n; i++) {
    if (!gradient) s->d == 16 ? NAME(sequence_ask)(s, i, 16) : NAME(sequence_ask)(s, i, s->d);
    else s->d == 16 ? NAME(sequence_give)(s, i, 16) : NAME(sequence_give)(s, i, s->d);
  }
}

// out[r][c] += Σ_k x[r][k]·w[k][c] for `count` rows r, a constant of the caller, and two vectors of columns c; k from `first`
INLINE void NAME(add_tile)(const float *x, int inner, const float *w, int columns, float *out, int depth, const int count) {
  V acc[ROWS][2] = {0};
  for (int k = 0; k < depth; k++) {
    const V w0 = LOAD(w + (size_t)k * columns), w1 = LOAD(w + (size_t)k * columns + LANES);
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) {
      acc[r][0] += w0 * x[(size_t)r * inner + k];
      acc[r][1] += w1 * x[(size_t)r * inner + k];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < count; r++) {
    float *row = out + (size_t)r * columns;
    STORE(row, LOAD(row) + acc[r][0]);
    STORE(row + LANES, LOAD(row + LANES) + acc[r][1]);
  }
}

#define DEPTH 256 // rows of w at a time: with all columns of a model they stay in the second-level cache

// out += x·w in float32, for x (rows × inner) and w (inner × columns)
static TARGET __attribute__((noinline)) void NAME(add_product)(const float *x, const float *w, float *out, int rows, int inner, int columns) {
  for (int k = 0; k < inner; k += DEPTH) {
    const int depth = inner - k < DEPTH ? inner - k : DEPTH;
    int c = 0;
    for (; c + 2 * LANES <= columns; c += 2 * LANES) {
      const float *from = w + (size_t)k * columns + c;
      int r = 0;
      for (; r + ROWS <= rows; r += ROWS)
        NAME(add_tile)(x + (size_t)r * inner + k, inner, from, columns, out + (size_t)r * columns + c, depth, ROWS);
      for (; r < rows; r++) NAME(add_tile)(x + (size_t)r * inner + k, inner, from, columns, out + (size_t)r * columns + c, depth, 1);
    }
    for (; c < columns; c++)
      for (int r = 0; r < rows; r++)
        for (int i = 0; i < depth; i++) out[(size_t)r * columns + c] += x[(size_t)r * inner + k + i] * w[(size_t)(k + i) * columns + c];
  }
}

#undef DEPTH
#undef V
#undef LOAD
#undef STORE
#undef INLINE
