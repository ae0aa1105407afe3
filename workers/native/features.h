// Sums over monomials (math.md 5.1) in float64, W numbers at a time. Included once per instruction set by kernels.c.

#define W (LANES / 2)
typedef double NAME(fvec) __attribute__((vector_size(W * 8), aligned(8), may_alias));
#define D NAME(fvec)
#define LOAD(p) (*(const D *)(p))

// acc[j] += Σ_f n_f·a_f[j]·b_f[j] for j < d, and returns Σ_f w_f·a_f[d]·b_f[d]; without b it is all ones. Weights are
// (rows × 2): n_f and w_f; a and b are (rows × (d + 1)). Four rows share one read and write of acc.
static TARGET __attribute__((noinline)) double NAME(features)(const double *weights, const double *a, const double *b,
                                                              int rows, int d, double *acc) {
  const int width = d + 1, whole = d / W * W;
  double sum = 0;
  for (int f = 0, group; f < rows; f += group) {
    group = rows - f < 4 ? 1 : 4;
    const double *u = weights + 2 * f, *x = a + (size_t)f * width, *y = b == NULL ? NULL : b + (size_t)f * width;
    for (int i = 0; i < group; i++) sum += u[2 * i + 1] * x[i * width + d] * (y == NULL ? 1 : y[i * width + d]);
    for (int j = 0; j < whole; j += W) {
      D total = LOAD(acc + j);
      if (y == NULL)
        for (int i = 0; i < group; i++) total += u[2 * i] * LOAD(x + i * width + j);
      else if (group == 4) {
        const D p0 = LOAD(x + j) * LOAD(y + j), p1 = LOAD(x + width + j) * LOAD(y + width + j);
        const D p2 = LOAD(x + 2 * width + j) * LOAD(y + 2 * width + j), p3 = LOAD(x + 3 * width + j) * LOAD(y + 3 * width + j);
        total += (u[0] * p0 + u[2] * p1) + (u[4] * p2 + u[6] * p3);
      } else
        total += u[0] * (LOAD(x + j) * LOAD(y + j));
      *(D *)(acc + j) = total;
    }
    for (int i = 0; i < group; i++)
      for (int j = whole; j < d; j++) acc[j] += u[2 * i] * x[i * width + j] * (y == NULL ? 1 : y[i * width + j]);
  }
  return sum;
}

#undef W
#undef D
#undef LOAD
