// What a chunk of side 1 needs before and after its scores, for one vector width: macros as in grid.h.

#define V NAME(vec)
#define LOAD(p) (*(const V *)(p))
typedef double NAME(wide) __attribute__((vector_size(LANES * 8), aligned(4), may_alias));
#define SEPARATE static TARGET __attribute__((noinline))

#if !defined(__clang__) // which has no __builtin_shuffle, and does without
// The transpose of LANES vectors: log2(LANES) rounds that interleave the first half of them with the second
static TARGET inline __attribute__((always_inline)) void NAME(transpose)(V *r) {
  NAME(ivec) low, high;
  for (int i = 0; i < LANES; i++) {
    low[i] = i / 2 + (i % 2) * LANES;
    high[i] = low[i] + LANES / 2;
  }
  for (int round = 1; round < LANES; round *= 2) {
    V next[LANES];
#pragma GCC unroll 16
    for (int k = 0; k < LANES / 2; k++) {
      next[2 * k] = __builtin_shuffle(r[k], r[k + LANES / 2], low);
      next[2 * k + 1] = __builtin_shuffle(r[k], r[k + LANES / 2], high);
    }
#pragma GCC unroll 16
    for (int k = 0; k < LANES; k++) r[k] = next[k];
  }
}
#endif

// y[t][a] = scaled[t]·k1[a][t] for `rows` consecutive rows, (… × d)
SEPARATE void NAME(scale_keys)(const float *k1, const float *scaled, int rows, int d, float *y) {
  int a = 0;
#if !defined(__clang__)
  for (; a + LANES <= rows; a += LANES, k1 += (size_t)LANES * d) {
    int t = 0;
    for (; t + LANES <= d; t += LANES) {
      V r[LANES];
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++) r[i] = LOAD(k1 + (size_t)i * d + t) * LOAD(scaled + t);
      NAME(transpose)(r);
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++) *(V *)(y + (t + i) * CHUNK + a) = r[i];
    }
    for (; t < d; t++)
      for (int i = 0; i < LANES; i++) y[t * CHUNK + a + i] = k1[(size_t)i * d + t] * scaled[t];
  }
#endif
  for (; a < rows; a++, k1 += d)
    for (int t = 0; t < d; t++) y[t * CHUNK + a] = k1[t] * scaled[t];
}

// w *= factor, n floats; n is a multiple of LANES
SEPARATE void NAME(rescale)(float *w, int n, float factor) {
  for (int i = 0; i < n; i += LANES) *(V *)(w + i) *= factor;
}

// acc[j] += Σ_a v1[a][j]·w[a][j] over `rows` consecutive rows, (… × d); a product of two floats is exact in float64
SEPARATE void NAME(reduce)(const float *v1, const float *w, int rows, int d, int ldw, double *acc) {
  int j = 0;
  for (; j + LANES <= d; j += LANES) {
    NAME(wide) sum = *(NAME(wide) *)(acc + j);
    for (int a = 0; a < rows; a++)
      sum += __builtin_convertvector(LOAD(v1 + (size_t)a * d + j), NAME(wide)) *
             __builtin_convertvector(LOAD(w + (size_t)a * ldw + j), NAME(wide));
    *(NAME(wide) *)(acc + j) = sum;
  }
  for (; j < d; j++)
    for (int a = 0; a < rows; a++) acc[j] += (double)v1[(size_t)a * d + j] * w[(size_t)a * ldw + j];
}

#undef V
#undef LOAD
#undef SEPARATE
