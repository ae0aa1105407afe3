// The grid kernel in float64, for exact outputs: same tiles as grid.h, half the lanes, keys and values converted once
// per block. Without weights; it measures the scores it sees (sum, squares, maximum), which the float32 kernel does
// not. Included once per instruction set by kernels.c, after grid.h.

#define W (LANES / 2) // float64 numbers per vector
typedef double NAME(dvec) __attribute__((vector_size(W * 8), aligned(8), may_alias));
typedef int64_t NAME(lvec) __attribute__((vector_size(W * 8), aligned(8), may_alias));
#define D NAME(dvec)
#define LOAD(p) (*(const D *)(p))
#define STORE(p, x) (*(D *)(p) = (x))
#define INLINE static TARGET inline __attribute__((always_inline))
#define SEPARATE static TARGET __attribute__((noinline))

// s[b][a] = Σ_t k2[b][t]·y[t][a] for KEYS keys and 2·W rows
INLINE void NAME(exact_score_tile)(const double *y, const double *k2, int d, double *s) {
  D acc[KEYS][2] = {0};
  for (int t = 0; t < d; t++) {
    const D y0 = LOAD(y + t * CHUNK), y1 = LOAD(y + t * CHUNK + W);
#pragma GCC unroll 16
    for (int b = 0; b < KEYS; b++) {
      const double k = k2[b * d + t];
      acc[b][0] += y0 * k;
      acc[b][1] += y1 * k;
    }
  }
#pragma GCC unroll 16
  for (int b = 0; b < KEYS; b++) {
    STORE(s + b * CHUNK, acc[b][0]);
    STORE(s + b * CHUNK + W, acc[b][1]);
  }
}

SEPARATE void NAME(exact_scores)(const double *y, const double *k2, int d, int keys, int rows, double *s) {
  for (int a = 0; a < rows; a += 2 * W)
    for (int b = 0; b < keys; b += KEYS) NAME(exact_score_tile)(y + a, k2 + (size_t)b * d, d, s + b * CHUNK + a);
}

// w[a][j] += Σ_b p[b][a]·v2[b][j] for ROWS rows and W coordinates
SEPARATE void NAME(exact_values)(const double *p, const double *v2, int keys, int rows, int width, double *w) {
  for (int j = 0; j < width; j += W)
    for (int a = 0; a < rows; a += ROWS) {
      D acc[ROWS] = {0};
      for (int b = 0; b < keys; b++) {
        const D v = LOAD(v2 + (size_t)b * width + j);
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) acc[r] += v * p[b * CHUNK + a + r];
      }
#pragma GCC unroll 16
      for (int r = 0; r < ROWS; r++) STORE(w + (a + r) * width + j, LOAD(w + (a + r) * width + j) + acc[r]);
    }
}

// s = 2^(s - m) in place, their sum, and the sum of their squares added to `squares`. 2^f for f in [-1/2, 1/2] by its Taylor series of degree 13: the next term is
// below 1e-17. Scores under m - 1000 count as m - 1000.
SEPARATE double NAME(exact_weigh)(double *s, int n, double m, double *squares) {
  static const double C[14] = {1.0, 0.6931471805599453, 0.2402265069591007, 0.055504108664821576, 0.009618129107628477, 0.0013333558146428441, 0.00015403530393381606, 1.5252733804059838e-05, 1.3215486790144305e-06, 1.0178086009239696e-07, 7.054911620801121e-09, 4.44553827187081e-10, 2.5678435993488196e-11, 1.3691488853904124e-12};
  const double magic = 6755399441055744.0; // 1.5·2^52
  D sum = {0}, square = {0};
  for (int i = 0; i < n; i += W) {
    D x = LOAD(s + i) - m;
    const NAME(lvec) low = x < -1000.0;
    x = (D)(((NAME(lvec))x & ~low) | ((NAME(lvec))((D){0} - 1000.0) & low));
    const D t = x + magic, f = x - (t - magic);
    D p = (D){0} + C[13];
#pragma GCC unroll 16
    for (int k = 12; k >= 0; k--) p = p * f + C[k];
    p *= (D)(((NAME(lvec))t << 52) + 0x3ff0000000000000); // a NaN stays one
    STORE(s + i, p);
    sum += p;
    square += p * p;
  }
  double total = 0;
  for (int k = 0; k < W; k++) {
    total += sum[k];
    *squares += square[k];
  }
  return total;
}

// Σ (s - shift), Σ (s - shift)² and the maximum of the first `rows` scores of each of `keys` keys, added to `measure`.
SEPARATE void NAME(exact_measure)(const double *s, int keys, int rows, Measure *measure) {
  const double shift = measure->shift;
  D sum = {0}, squares = {0}, max = (D){0} + measure->max;
  const int whole = rows / W * W;
  for (int b = 0; b < keys; b++)
    for (int a = 0; a < whole; a += W) {
      const D x = LOAD(s + b * CHUNK + a), y = x - shift;
      const NAME(lvec) more = ~(x <= max); // also for NaN, which must be seen
      sum += y;
      squares += y * y;
      max = (D)(((NAME(lvec))x & more) | ((NAME(lvec))max & ~more));
    }
  for (int k = 0; k < W; k++) {
    measure->sum += sum[k];
    measure->squares += squares[k];
    if (!(max[k] <= measure->max)) measure->max = max[k];
  }
  for (int b = 0; b < keys; b++)
    for (int a = whole; a < rows; a++) {
      const double x = s[b * CHUNK + a];
      measure->sum += x - shift;
      measure->squares += (x - shift) * (x - shift);
      if (!(x <= measure->max)) measure->max = x;
    }
}

#undef W
#undef D
#undef LOAD
#undef STORE
#undef INLINE
#undef SEPARATE
