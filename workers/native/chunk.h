// What a chunk of side 1 needs before and after its scores, for one vector width: macros as in grid.h.

#define V NAME(vec)
#define LOAD(p) (*(const V *)(p))
typedef double NAME(wide) __attribute__((vector_size(LANES * 8), aligned(4), may_alias));
#define SEPARATE static TARGET __attribute__((noinline))

// y[t][a] = scaled[t]·k1[a][t] for `rows` consecutive rows, (… × d)
SEPARATE void NAME(scale_keys)(const float *k1, const float *scaled, int rows, int d, float *y) {
  for (int a = 0; a < rows; a++, k1 += d)
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
