// What every row of side 1 weighs: ln Σ_b e^s of its pairs, over the vector code of grid.h. Included by kernels.c.

static __thread struct {
  float m[CHUNK], l[CHUNK]; // per row: largest score so far, base 2, and Σ_b 2^(s - m)
} row __attribute__((aligned(64)));

static void mass_chunk(const Grid *g, int a0, int rows) {
  const int extra = weighted(g), depth = g->d + 2 * extra;
  load_rows(g, a0, rows);
  for (int a = 0; a < CHUNK; a++) {
    row.m[a] = -1e30f;
    row.l[a] = 0;
  }
  for (int b = 0, keys; b < g->two.keys.count; b += keys) {
    const float *k2 = run_at(g->memory, &g->two.keys, b, &keys);
    if (keys > BLOCK) keys = BLOCK;
    if (extra) k2 = weighted_keys(g, k2, b, keys);
    chosen->scores(scratch.y, k2, depth, depth, keys, rows, scratch.s);
    chosen->row_sums(scratch.s, keys, row.m, row.l);
  }
}

// Without a second side a row's score is what it weighs.
static void mass_rows(const Grid *g, int a0, int rows) {
  float scaled[MAX_D];
  for (int t = 0; t < g->d; t++) scaled[t] = (float)(g->q[t] * g->scale * LOG2E);
  for (int a = 0, run; a < rows; a += run) {
    const float *keys = run_at(g->memory, &g->one.keys, a0 + a, &run);
    if (run > rows - a) run = rows - a;
    chosen->row_scores(scaled, keys, run, g->d, row.m + a);
  }
  for (int a = 0; a < rows; a++) {
    int ignored;
    const float log1 = g->one.weights.count > 0 ? *run_at(g->memory, &g->one.weights, a0 + a, &ignored) : 0;
    row.m[a] += (float)((log1 + g->log_scale) * LOG2E);
    row.l[a] = 1;
  }
}

static void mass_tile(Grid *g, Words *w, int from, int to, double *out) {
  const int paired = (int)word(w);
  g->log_scale = word(w);
  const Matrix into = read_matrix(w);
  g->one = read_atoms(w);
  if (paired) g->two = read_atoms(w);
  for (int a = from; a < to; a += CHUNK) {
    const int rows = to - a < CHUNK ? to - a : CHUNK;
    if (paired) mass_chunk(g, a, rows);
    else mass_rows(g, a, rows);
    for (int i = 0; i < rows; i++) {
      int ignored;
      const double mass = row.m[i] > -1e29f || isnan(row.l[i]) ? (row.m[i] + log2(row.l[i])) * LN2 : -INFINITY; // every weight is 0
      *run_at(g->memory, &into, a + i, &ignored) = (float)mass;
    }
  }
  out[P_FLOPS] = (2.0 * (paired ? g->two.keys.count : 1) + (paired ? 1 : 0)) * g->d * (to - from);
}
