// Jobs that leave out blocks of pairs which cannot matter (math.md 7.7): bounds of all block pairs first, then tiles that
// score what may reach the score that was found less tau. The same rules as workers/kernels/skip.ts. Included by kernels.c.

#define HALF (CHUNK / 2) // rows that are skipped together where their block is not
#define WORTH 0.3        // of a block's bound: bounds of rows were hardly ever lower

typedef struct {
  double tau, floor; // floor: the score that was found less tau; -INFINITY where there is none
  Matrix bounds, found, lo1, hi1, lo2, hi2;
  int columns; // blocks of side 2; 1 where there is no side 2
} Skip;

// A sum of masses, e^m · l, that never overflows.
typedef struct {
  double m, l;
} Rest;

static const float ONES[MAX_D] = {[0 ... MAX_D - 1] = 1};

static int read_skip(char *memory, Words *w, Skip *skip) {
  if (word(w) == 0) return 0;
  skip->tau = word(w);
  skip->bounds = read_matrix(w);
  skip->found = read_matrix(w);
  skip->lo1 = read_matrix(w);
  skip->hi1 = read_matrix(w);
  const int paired = (int)word(w);
  if (paired) {
    skip->lo2 = read_matrix(w);
    skip->hi2 = read_matrix(w);
  }
  skip->columns = paired ? skip->lo2.count : 1;
  float largest = -INFINITY;
  for (int a = 0, run; a < skip->found.count; a += run) {
    const float *found = run_at(memory, &skip->found, a, &run);
    if (run > skip->found.count - a) run = skip->found.count - a;
    for (int i = 0; i < run; i++) largest = found[i] <= largest ? largest : found[i]; // a NaN is taken
  }
  skip->floor = isfinite(largest) ? largest - skip->tau : -INFINITY;
  return 1;
}

static void add_rest(Rest *rest, double pairs, double bound) {
  if (pairs <= 0 || bound == -INFINITY) return;
  if (bound > rest->m) {
    rest->l *= exp(rest->m - bound);
    rest->m = bound;
  }
  const double below = bound - rest->m;
  rest->l += pairs * (below < -30 ? 1e-13 : exp(below)); // e^-30 is less: still a bound, without the time for an exp
}

// Not less than x
static float upwards(double x) {
  const float near = (float)x;
  return near < x ? nextafterf(near, INFINITY) : near;
}

// ---- bounds ---------------------------------------------------------------------------------------------------

// The largest score of rows [a0, a0 + rows) with keys [b0, b0 + keys), in float64
static double largest_score(const Grid *g, int a0, int rows, int b0, int keys, int paired) {
  double most = -INFINITY;
  exact_load_rows(g, a0, rows);
  for (int b = b0, run; b < b0 + keys; b += run) {
    const float *k2 = ONES;
    run = 1;
    if (paired) k2 = run_at(g->memory, &g->two.keys, b, &run);
    if (run > b0 + keys - b) run = b0 + keys - b;
    if (run > EXACT_BLOCK) run = EXACT_BLOCK;
    for (int i = 0; i < run * g->d; i++) exact.k2[i] = k2[i];
    chosen->exact_scores(exact.y, exact.k2, g->d, run, rows, exact.s);
    for (int k = 0; k < run; k++)
      for (int a = 0; a < rows; a++) most = exact.s[k * CHUNK + a] <= most ? most : exact.s[k * CHUNK + a];
  }
  return most * LN2;
}

static int length_of(int count, int block) { return count - block * CHUNK < CHUNK ? count - block * CHUNK : CHUNK; }

#define MOST_SEEDS 16
#define SEED_SHARE 64 // block pairs per seed: looking for a large score takes at most 1/64 of scoring everything

// The block pairs with the largest bounds, best first; of equal ones the first that came.
typedef struct {
  int count, room;
  struct {
    double bound;
    int row, column;
  } list[MOST_SEEDS];
} Seeds;

static void offer_seed(Seeds *seeds, double bound, int row, int column) {
  if (seeds->count == seeds->room && !(bound > seeds->list[seeds->count - 1].bound)) return;
  if (isnan(bound)) return;
  int i = seeds->count < seeds->room ? seeds->count++ : seeds->count - 1;
  for (; i > 0 && bound > seeds->list[i - 1].bound; i--) seeds->list[i] = seeds->list[i - 1];
  seeds->list[i].bound = bound;
  seeds->list[i].row = row;
  seeds->list[i].column = column;
}

// The bounds of block `a` of side 1 with every block of side 2
static void bounds_row(const Grid *g, const Skip *skip, int a, int paired, Seeds *seeds) {
  double y0[MAX_D], y1[MAX_D];
  int ignored;
  const int d = g->d;
  const float *lo1 = run_at(g->memory, &skip->lo1, a, &ignored), *hi1 = run_at(g->memory, &skip->hi1, a, &ignored);
  for (int t = 0; t < d; t++) {
    y0[t] = lo1[t] * (g->q[t] * g->scale);
    y1[t] = hi1[t] * (g->q[t] * g->scale);
  }
  for (int b = 0, run, same, room; b < skip->columns; b += run) {
    float *bounds = run_at(g->memory, &skip->bounds, a * skip->columns + b, &room);
    const float *lo2 = ONES, *hi2 = ONES;
    run = same = 1;
    if (paired) {
      lo2 = run_at(g->memory, &skip->lo2, b, &run);
      hi2 = run_at(g->memory, &skip->hi2, b, &same);
    }
    if (run > same) run = same;
    if (run > room) run = room;
    if (run > skip->columns - b) run = skip->columns - b;
    for (int i = 0; i < run; i++) {
      const double bound = chosen->box_bound(y0, y1, lo2 + (size_t)i * d, hi2 + (size_t)i * d, d);
      bounds[i] = upwards(bound);
      offer_seed(seeds, bound, a, b + i);
    }
  }
}

static void bounds_tile(Grid *g, Words *w, int from, int to, double *out) {
  Skip skip;
  g->one.keys = read_matrix(w);
  const int paired = (int)word(w);
  if (paired) g->two.keys = read_matrix(w);
  read_skip(g->memory, w, &skip);
  const long pairs = (long)(to - from) * skip.columns;
  Seeds seeds = {.room = pairs / SEED_SHARE < MOST_SEEDS ? 1 + pairs / SEED_SHARE : MOST_SEEDS};
  for (int a = from; a < to; a++) bounds_row(g, &skip, a, paired, &seeds);
  out[P_FLOPS] = (to - from) * (5.0 * skip.columns + 2) * g->d;
  double found = -INFINITY;
  for (int i = 0; i < seeds.count && !(seeds.list[i].bound <= found); i++) { // else nothing larger can be found
    const int row = seeds.list[i].row, column = seeds.list[i].column, rows = length_of(g->one.keys.count, row);
    const int keys = paired ? length_of(g->two.keys.count, column) : 1;
    const double score = largest_score(g, row * CHUNK, rows, column * CHUNK, keys, paired);
    if (!(score <= found)) found = score;
    out[P_FLOPS] += rows * (2.0 * keys + 1) * g->d;
  }
  for (int a = from, ignored; a < to; a++)
    *run_at(g->memory, &skip.found, a, &ignored) = a == from ? -upwards(-found) : -INFINITY;
  for (int i = from * skip.columns, end = to * skip.columns, run; i < end; i += run) { // about what is left to score
    const float *bounds = run_at(g->memory, &skip.bounds, i, &run);
    if (run > end - i) run = end - i;
    for (int k = 0; k < run; k++) out[P_L] += !(bounds[k] < found - skip.tau);
  }
}

// ---- tiles ----------------------------------------------------------------------------------------------------

typedef struct {
  Rest rest;
  double pairs, flops;
} Skipped;

static double least_of(const Skip *skip, const Sums *sums) {
  const double own = sums->max * LN2 - skip->tau;
  return own > skip->floor ? own : skip->floor;
}

// Which rows of a chunk, [first, last), may reach `least` with a block of side 2, by bounds of their own.
static void rows_left(const Grid *g, const Skip *skip, int block, int keys, int rows, double least, Skipped *skipped,
                      int *first, int *last) {
  int ignored;
  const float *lo = run_at(g->memory, &skip->lo2, block, &ignored), *hi = run_at(g->memory, &skip->hi2, block, &ignored);
  const int middle = rows < HALF ? rows : HALF;
  const double low = chosen->row_bound(scratch.y, lo, hi, g->d, HALF) * LN2;
  const double high = rows > HALF ? chosen->row_bound(scratch.y + HALF, lo, hi, g->d, HALF) * LN2 : -INFINITY;
  skipped->flops += 3.0 * g->d * rows;
  if (low < least) {
    add_rest(&skipped->rest, (double)middle * keys, low);
    *first = middle;
  }
  if (high < least) {
    add_rest(&skipped->rest, (double)(rows - middle) * keys, high);
    *last = middle;
  }
}

static void skipping_block(const Grid *g, const Skip *skip, Sums *sums, Skipped *skipped, int block, double bound, int rows,
                           double least, int ldw) {
  const int b1 = block * CHUNK + length_of(g->two.keys.count, block);
  int first = 0, last = rows;
  if (WORTH * bound < least) rows_left(g, skip, block, b1 - block * CHUNK, rows, least, skipped, &first, &last);
  if (first >= last) return;
  for (int b = block * CHUNK, keys; b < b1; b += keys) {
    int same;
    const float *k2 = run_at(g->memory, &g->two.keys, b, &keys);
    const float *v2 = run_at(g->memory, &g->two.values, b, &same);
    if (keys > same) keys = same;
    if (keys > b1 - b) keys = b1 - b;
    grid_block(g, sums, b, keys, first, last, k2, v2, ldw);
    skipped->pairs += (double)(last - first) * keys;
    skipped->flops += 4.0 * g->d * (last - first) * keys;
  }
}

// A chunk without what cannot matter; the block with the largest bound first, so that its score is large early.
static void skipping_chunk(const Grid *g, const Skip *skip, Sums *sums, Skipped *skipped, int a0, int rows) {
  const int ldw = width_of(g), row = a0 / CHUNK * skip->columns;
  int best = -1, started = 0; // best stays -1 where every bound is NaN
  float most = -INFINITY;
  for (int b = 0, run; b < skip->columns; b += run) {
    const float *bounds = run_at(g->memory, &skip->bounds, row + b, &run);
    if (run > skip->columns - b) run = skip->columns - b;
    for (int i = 0; i < run; i++)
      if (bounds[i] > most) {
        most = bounds[i];
        best = b + i;
      }
  }
  const float *bounds = NULL;
  for (int visit = best < 0 ? 0 : -1, run = 0; visit < skip->columns; visit++) {
    const int block = visit < 0 ? best : visit;
    double bound = most;
    if (visit >= 0) {
      if (run == 0) bounds = run_at(g->memory, &skip->bounds, row + visit, &run);
      bound = *bounds++;
      run--;
    }
    const double least = least_of(skip, sums);
    if (visit >= 0 && visit == best) continue;
    if (bound < least) {
      add_rest(&skipped->rest, (double)rows * length_of(g->two.keys.count, block), bound);
      continue;
    }
    if (!started) {
      started = 1;
      load_rows(g, a0, rows);
      memset(scratch.w, 0, sizeof(float) * CHUNK * ldw);
      skipped->flops += 3.0 * g->d * rows;
    }
    skipping_block(g, skip, sums, skipped, block, bound, rows, least, ldw);
  }
  if (started) grid_end(g, sums, a0, rows, ldw);
}

static void skipping_rows(const Grid *g, const Skip *skip, Sums *sums, Skipped *skipped, int row, int rows) {
  int ignored;
  const double bound = *run_at(g->memory, &skip->bounds, row / CHUNK, &ignored);
  if (bound < least_of(skip, sums)) return add_rest(&skipped->rest, rows, bound);
  rows_tile(g, sums, row, row + rows);
  skipped->pairs += rows;
  skipped->flops += 4.0 * g->d * rows;
}

// Rows [from, to) of a job that skips, whole blocks of it; returns whether any pair was scored.
static int skipping_tile(const Grid *g, const Skip *skip, Sums *sums, int kind, int from, int to, double *out) {
  Skipped skipped = {.rest = {.m = -INFINITY}};
  for (int a = from; a < to; a += CHUNK) {
    const int rows = to - a < CHUNK ? to - a : CHUNK;
    if (kind == GRID) skipping_chunk(g, skip, sums, &skipped, a, rows);
    else skipping_rows(g, skip, sums, &skipped, a, rows);
  }
  if (skipped.rest.l > 0) out[P_REST] = skipped.rest.m + log(skipped.rest.l);
  out[P_PAIRS] = skipped.pairs;
  out[P_FLOPS] = skipped.flops;
  return skipped.pairs > 0;
}
