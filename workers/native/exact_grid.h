// A grid in float64 with its scores measured, over the vector code of exact.h. Included by kernels.c, after the
// float32 grid, whose Grid and job it shares.

#define EXACT_BLOCK 32 // keys at a time: float64 scores of 32 × 64 stay in the first-level cache

static __thread struct {
  double y[MAX_D * CHUNK];
  double s[(EXACT_BLOCK + 8) * CHUNK];
  double w[CHUNK * (MAX_D + 8)];
  double k2[(EXACT_BLOCK + 8) * MAX_D];
  double v2[EXACT_BLOCK * (MAX_D + 8)];
  double acc[MAX_D];
} exact __attribute__((aligned(64)));

typedef struct {
  double m, l, squares;
  Measure measure;
} ExactSums;

static void exact_load_rows(const Grid *g, int a0, int rows) {
  for (int a = 0, run; a < rows; a += run) {
    const float *k1 = run_at(g->memory, &g->one.keys, a0 + a, &run);
    if (run > rows - a) run = rows - a;
    for (int i = 0; i < run; i++)
      for (int t = 0; t < g->d; t++)
        exact.y[t * CHUNK + a + i] = k1[(size_t)i * g->d + t] * (g->q[t] * (g->scale * LOG2E));
  }
  for (int t = 0; t < g->d; t++)
    for (int a = rows; a < CHUNK; a++) exact.y[t * CHUNK + a] = 0;
}

static void exact_block(const Grid *g, ExactSums *sums, int keys, int rows, const float *k2, const float *v2, int width) {
  const int d = g->d;
  for (int i = 0; i < keys * d; i++) exact.k2[i] = k2[i];
  for (int b = 0; b < keys; b++)
    for (int j = 0; j < d; j++) exact.v2[b * width + j] = v2[(size_t)b * d + j];
  chosen->exact_scores(exact.y, exact.k2, d, keys, rows, exact.s);
  if (isinf(sums->measure.max)) sums->measure.shift = exact.s[0];
  chosen->exact_measure(exact.s, keys, rows, &sums->measure);
  if (!(sums->measure.max <= sums->m + 500)) { // far from overflow, so that it happens once
    const double m = ceil(sums->measure.max), factor = exp2(sums->m - m);
    sums->m = m;
    sums->l *= factor;
    sums->squares *= factor * factor;
    for (int j = 0; j < d; j++) exact.acc[j] *= factor;
    for (int i = 0; i < CHUNK * width; i++) exact.w[i] *= factor;
  }
  for (int b = 0; b < keys; b++)
    for (int a = rows; a < CHUNK; a++) exact.s[b * CHUNK + a] = -1e300;
  sums->l += chosen->exact_weigh(exact.s, keys * CHUNK, sums->m, &sums->squares);
  chosen->exact_values(exact.s, exact.v2, keys, up(rows, chosen->rows), width, exact.w);
}

static void exact_chunk(const Grid *g, ExactSums *sums, int a0, int rows) {
  const int d = g->d, width = up(d, chosen->lanes / 2);
  exact_load_rows(g, a0, rows);
  memset(exact.w, 0, sizeof(double) * CHUNK * width);
  for (int b = 0, keys; b < g->two.keys.count; b += keys) {
    int same;
    const float *k2 = run_at(g->memory, &g->two.keys, b, &keys);
    const float *v2 = run_at(g->memory, &g->two.values, b, &same);
    if (keys > same) keys = same;
    if (keys > EXACT_BLOCK) keys = EXACT_BLOCK;
    exact_block(g, sums, keys, rows, k2, v2, width);
  }
  for (int a = 0, run; a < rows; a += run) {
    const float *v1 = run_at(g->memory, &g->one.values, a0 + a, &run);
    if (run > rows - a) run = rows - a;
    for (int i = 0; i < run; i++)
      for (int j = 0; j < d; j++) exact.acc[j] += v1[(size_t)i * d + j] * exact.w[(a + i) * width + j];
  }
}

// A grid without weights in float64, scores measured: what the reference kernel does, to about 1e-14.
static void exact_tile(const Grid *g, int from, int to, double *out) {
  ExactSums sums = {.m = -1e300, .measure = {.max = -INFINITY}};
  memset(exact.acc, 0, sizeof(double) * g->d);
  for (int a = from; a < to; a += CHUNK) exact_chunk(g, &sums, a, to - a < CHUNK ? to - a : CHUNK);
  const Measure *of = &sums.measure;
  const double rows = to - from, pairs = rows * g->two.keys.count, mean = of->sum / pairs;
  out[P_M] = sums.m * LN2;
  out[P_L] = sums.l;
  out[P_SQUARES] = sums.squares;
  out[P_MAX] = of->max * LN2;
  out[P_MEAN] = (of->shift + mean) * LN2;
  out[P_M2] = fmax(0, of->squares - of->sum * mean) * LN2 * LN2;
  if (isnan(of->sum)) out[P_L] = NAN;
  out[P_PAIRS] = pairs;
  out[P_FLOPS] = g->d * (4 * pairs + 3 * rows);
  for (int j = 0; j < g->d; j++) out[P_ACC + j] = exact.acc[j];
}
