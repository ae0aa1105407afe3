// Products of many rows with one matrix, in float64, for one vector width: macros as in grid.h, `wide` of chunk.h.

#define SUMS 8 // rows of x at a time
#define INLINE static TARGET inline __attribute__((always_inline))

// out[r][c] = Σ_k x[r][k]·w[k][c] for `count` rows r, a constant of the caller, and LANES columns c. The sum goes through k in
// order, and a product of two floats is exact in float64: every width, and the reference, give the same bits.
INLINE void NAME(gemm_tile)(const float *x, const float *w, float *out, int inner, int columns, const int count) {
  NAME(wide) acc[SUMS] = {0};
  for (int k = 0; k < inner; k++) {
    const NAME(wide) row = __builtin_convertvector(*(const NAME(vec) *)(w + (size_t)k * columns), NAME(wide));
#pragma GCC unroll 8
    for (int r = 0; r < count; r++) acc[r] += row * (double)x[(size_t)r * inner + k];
  }
#pragma GCC unroll 8
  for (int r = 0; r < count; r++)
    *(NAME(vec) *)(out + (size_t)r * columns) = __builtin_convertvector(acc[r], NAME(vec));
}

static TARGET __attribute__((noinline)) void NAME(gemm)(const float *x, const float *w, float *out, int rows, int inner, int columns) {
  int c = 0;
  for (; c + LANES <= columns; c += LANES) {
    int r = 0;
    for (; r + SUMS <= rows; r += SUMS)
      NAME(gemm_tile)(x + (size_t)r * inner, w + c, out + (size_t)r * columns + c, inner, columns, SUMS);
    for (; r < rows; r++) NAME(gemm_tile)(x + (size_t)r * inner, w + c, out + (size_t)r * columns + c, inner, columns, 1);
  }
  for (; c < columns; c++)
    for (int r = 0; r < rows; r++) {
      double sum = 0;
      for (int k = 0; k < inner; k++) sum += (double)x[(size_t)r * inner + k] * w[(size_t)k * columns + c];
      out[(size_t)r * columns + c] = (float)sum;
    }
}

#undef SUMS
#undef INLINE
