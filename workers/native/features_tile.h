// The job of a polynomial cache: float64 rows in the same memory, over the vector code of features.h. Included by kernels.c.

// Rows of float64 lie as those of float32 do; the run that `row` starts.
static const double *wide_run_at(char *memory, const Matrix *m, int row, int *rows) {
  const double *span = m->span;
  for (int s = 0; s < m->spans; s++, span += 2) {
    if (row < (int)span[1]) {
      if (*rows > (int)span[1] - row) *rows = (int)span[1] - row;
      return (const double *)(memory + (size_t)span[0]) + (size_t)row * m->width;
    }
    row -= (int)span[1];
  }
  *rows = 0;
  return NULL;
}

static void features_tile(char *memory, Words *w, int d, int from, int to, double *out) {
  const int paired = (int)word(w);
  const double factor = word(w);
  const Matrix weights = read_matrix(w), one = read_matrix(w);
  const Matrix two = paired ? read_matrix(w) : one;
  double acc[MAX_D] = {0}, l = 0;
  for (int row = from, rows; row < to; row += rows) {
    rows = to - row;
    const double *u = wide_run_at(memory, &weights, row, &rows);
    const double *a = wide_run_at(memory, &one, row, &rows);
    const double *b = paired ? wide_run_at(memory, &two, row, &rows) : NULL;
    l += chosen->features(u, a, b, rows, d, acc);
  }
  out[P_M] = 0;
  out[P_L] = factor * l;
  out[P_MAX] = out[P_SQUARES] = NAN; // no score is seen
  out[P_FLOPS] = (paired ? 3.0 : 2.0) * (d + 1) * (to - from);
  for (int j = 0; j < d; j++) out[P_ACC + j] = factor * acc[j];
}
