// Largest possible scores of keys in a box, for one vector width. Included once per instruction set by kernels.c, after
// exact.h. A NaN in a box makes its bound one.

#define W (LANES / 2) // float64 numbers per vector
typedef float NAME(halfvec) __attribute__((vector_size(W * 4), aligned(4), may_alias));
#define D NAME(dvec)
#define V NAME(vec)
#define WIDEN(p) __builtin_convertvector(*(const NAME(halfvec) *)(p), D)
#define LOAD(p) (*(const V *)(p))
#define SEPARATE static TARGET __attribute__((noinline))
#if LANES == 16
#define DMAX(a, b) ((D)_mm512_max_pd((__m512d)(a), (__m512d)(b)))
#elif LANES == 8
#define DMAX(a, b) ((D)_mm256_max_pd((__m256d)(a), (__m256d)(b)))
#else
#define DMAX(a, b) ((D)((((NAME(lvec))(a)) & ((a) > (b))) | (((NAME(lvec))(b)) & ~((a) > (b)))))
#endif

// Σ_t of the largest corner of {y0, y1} × {lo, hi}, in float64
SEPARATE double NAME(box_bound)(const double *y0, const double *y1, const float *lo, const float *hi, int d) {
  D sum = {0};
  int t = 0;
  for (; t + W <= d; t += W) {
    const D a = *(const D *)(y0 + t), b = *(const D *)(y1 + t), x = WIDEN(lo + t), z = WIDEN(hi + t);
    const D ax = a * x, az = a * z, bx = b * x, bz = b * z, one = DMAX(ax, az), two = DMAX(bx, bz);
    sum += DMAX(one, two);
  }
  double total = 0;
  for (int k = 0; k < W; k++) total += sum[k];
  for (; t < d; t++) {
    const double corners[4] = {y0[t] * lo[t], y0[t] * hi[t], y1[t] * lo[t], y1[t] * hi[t]};
    double most = corners[0];
    for (int k = 1; k < 4; k++) most = corners[k] <= most ? most : corners[k];
    total += most;
  }
  return total;
}

// The largest over `rows` rows a, a multiple of 2·LANES, of Σ_t max(y[t][a]·lo_t, y[t][a]·hi_t), base 2, with what
// float32 may have rounded off: at most d + 8 times 2^-24 of the sum of sizes.
SEPARATE float NAME(row_bound)(const float *y, const float *lo, const float *hi, int d, int rows) {
  const float rounding = (float)(d + 8) * 0x1p-24f;
  float most = -INFINITY;
  for (int a = 0; a < rows; a += LANES) {
    V sum = {0}, size = {0};
    for (int t = 0; t < d; t++) {
      const V x = LOAD(y + t * CHUNK + a), low = x * lo[t], high = x * hi[t], minus = -x;
      sum += VMAX(low, high);
      size += VMAX(x, minus) * fmaxf(fabsf(lo[t]), fabsf(hi[t]));
    }
    sum += size * rounding;
    for (int k = 0; k < LANES; k++) most = sum[k] <= most ? most : sum[k]; // a NaN is taken
    if (isnan(most)) return most;
  }
  return most;
}

#undef W
#undef D
#undef V
#undef WIDEN
#undef LOAD
#undef SEPARATE
#undef DMAX
