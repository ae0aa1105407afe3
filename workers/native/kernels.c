// Attention tiles in plain C with GCC/clang vector types, the best instruction set of this processor at run time.
// Same jobs, same partials as workers/kernels (the reference); the layout of words and partials is that of
// workers/board.ts and workers/kernels/partial.ts.
#include "kernels.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 64      // rows of side 1 worked on together
#define BLOCK 64      // keys of side 2 at a time: their scores (64 × 64) stay in the first-level cache
#define ROW_BLOCK 256 // materialised rows at a time
#define MAX_D 256
#define MAX_SCORE 1e9f // base 2, with weights; beyond it float32 has no bits left for differences of scores
#define LOG2E 1.44269504088896340736
#define LN2 0.69314718055994530942

#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define NAME(x) CAT(x, ISA)

// Of the scores of a tile, base 2; deviations are taken from `shift`, one of the scores, so that nothing cancels.
typedef struct {
  double shift, sum, squares, max;
} Measure;

// A head of a sequence and its gradients, (… × d) with d a multiple of the width; k1, v1 and their gradients transposed, (d ×
// padded), so that a vector holds rows; k1_rows and v1_rows are the same row by row.
typedef struct {
  int n, d, padded, keys;
  const float *q, *k1, *k2, *v1, *v2, *k1_rows, *v1_rows, *by_out;
  float *out, *logs, *by_q, *by_k1, *by_k2, *by_v1, *by_v2, *weights, *slopes;
} Sequence;

// What a vector width offers; every number of floats is a multiple of its tile.
typedef struct {
  const char *name;
  int lanes, keys, rows;
  void (*scores)(const float *y, const float *k2, int depth, int stride, int keys, int rows, float *s);
  void (*values)(const float *p, const float *v2, int keys, int stride, int rows, int width, float *w, int ldw);
  void (*scale_keys)(const float *k1, const float *scaled, int rows, int d, float *y);
  void (*rescale)(float *w, int n, float factor);
  void (*reduce)(const float *v1, const float *w, int rows, int d, int ldw, double *acc);
  void (*gemm)(const float *x, const float *w, float *out, int rows, int inner, int columns);
  float (*largest)(const float *s, int n);
  double (*weigh)(float *s, int n, float m);
  void (*row_sums)(const float *s, int keys, float *m, float *l);
  void (*row_scores)(const float *q, const float *keys, int rows, int d, float *s);
  void (*row_values)(const float *p, const float *values, int rows, int d, float *acc);
  void (*exact_scores)(const double *y, const double *k2, int d, int keys, int rows, double *s);
  void (*exact_values)(const double *p, const double *v2, int keys, int rows, int width, double *w);
  double (*exact_weigh)(double *s, int n, double m, double *squares);
  void (*exact_measure)(const double *s, int keys, int rows, Measure *measure);
  double (*box_bound)(const double *y0, const double *y1, const float *lo, const float *hi, int d);
  float (*row_bound)(const float *y, const float *lo, const float *hi, int d, int rows);
  double (*features)(const double *weights, const double *a, const double *b, int rows, int d, double *acc);
  void (*sequence)(const Sequence *s, int gradient);
  void (*add_product)(const float *x, const float *w, float *out, int rows, int inner, int columns);
} Isa;
#define ISA_TABLE(name) \
  { name, LANES, KEYS, ROWS, NAME(scores), NAME(values), NAME(scale_keys), NAME(rescale), NAME(reduce), NAME(gemm), NAME(largest), NAME(weigh), \
    NAME(row_sums), NAME(row_scores), NAME(row_values), NAME(exact_scores), NAME(exact_values), NAME(exact_weigh), NAME(exact_measure), NAME(box_bound), NAME(row_bound), NAME(features), \
    NAME(sequence), NAME(add_product) }

#if defined(__x86_64__)
#include <immintrin.h>
#define ISA avx512
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,prefer-vector-width=512")))
#define LANES 16
#define KEYS 8
#define ROWS 8
#define VMAX(a, b) ((NAME(vec))_mm512_max_ps((__m512)(a), (__m512)(b)))
#include "grid.h"
#include "chunk.h"
#include "gemm.h"
#include "exact.h"
#include "bounds.h"
#include "features.h"
#include "sequence.h"
static const Isa AVX512 = ISA_TABLE("avx512");
#undef ISA
#undef TARGET
#undef LANES
#undef KEYS
#undef ROWS
#undef VMAX

#define ISA avx2
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define KEYS 4
#define ROWS 4
#define VMAX(a, b) ((NAME(vec))_mm256_max_ps((__m256)(a), (__m256)(b)))
#include "grid.h"
#include "chunk.h"
#include "gemm.h"
#include "exact.h"
#include "bounds.h"
#include "features.h"
#include "sequence.h"
static const Isa AVX2 = ISA_TABLE("avx2");
#undef ISA
#undef TARGET
#undef LANES
#undef KEYS
#undef ROWS
#undef VMAX
#endif

#define ISA portable
#define TARGET
#define LANES 4
#define KEYS 4
#define ROWS 4
#define VMAX(a, b) ((NAME(vec))((((NAME(ivec))(a)) & ((a) > (b))) | (((NAME(ivec))(b)) & ~((a) > (b)))))
#include "grid.h"
#include "chunk.h"
#include "gemm.h"
#include "exact.h"
#include "bounds.h"
#include "features.h"
#include "sequence.h"
static const Isa PORTABLE = ISA_TABLE("portable");

static const Isa *chosen = &PORTABLE;

const char *kernel_choose(const char *wanted) {
  const Isa *options[3];
  int count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma"))
    options[count++] = &AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) options[count++] = &AVX2;
#endif
  options[count++] = &PORTABLE;
  for (int i = 0; i < count; i++)
    if (wanted[0] == 0 || strcmp(wanted, options[i]->name) == 0) return (chosen = options[i])->name;
  return NULL;
}

void kernel_multiply(const float *x, const float *w, float *out, int rows, int inner, int columns) {
  chosen->gemm(x, w, out, rows, inner, columns);
}

#define PATCH 16
// out (columns × rows) from x (rows × columns), patch by patch: each fits into the first-level cache
static void transpose(const float *x, int rows, int columns, float *out) {
  for (int r = 0; r < rows; r += PATCH)
    for (int c = 0; c < columns; c += PATCH)
      for (int i = r; i < rows && i < r + PATCH; i++)
        for (int j = c; j < columns && j < c + PATCH; j++) out[(size_t)j * rows + i] = x[(size_t)i * columns + j];
}

int kernel_add_product(const float *x, int x_transposed, const float *w, int w_transposed, float *out, int rows, int inner, int columns) {
  const size_t of_x = x_transposed ? (size_t)rows * inner : 0, of_w = w_transposed ? (size_t)inner * columns : 0;
  float *const turned = of_x + of_w > 0 ? malloc(sizeof(float) * (of_x + of_w)) : NULL;
  if (turned == NULL && of_x + of_w > 0) return 0;
  if (x_transposed) transpose(x, inner, rows, turned);
  if (w_transposed) transpose(w, columns, inner, turned + of_x);
  chosen->add_product(x_transposed ? turned : x, w_transposed ? turned + of_x : w, out, rows, inner, columns);
  free(turned);
  return 1;
}

#include "words.h"

// ---- partials -------------------------------------------------------------------------------------------------

enum { P_M, P_L, P_MAX, P_MEAN, P_M2, P_PAIRS, P_FLOPS, P_START, P_NS, P_SQUARES, P_REST, P_ACC };

typedef struct {
  float m;  // integer reference of the weights, base 2
  double l; // Σ 2^(s - m)
  double acc[MAX_D];
  float max; // largest plain score, base 2; only without weights
} Sums;

static __thread struct {
  float y[(MAX_D + 2) * CHUNK];      // scaled keys of side 1, transposed
  float s[BLOCK * CHUNK + 64];       // scores, then weights, [b][a]
  float w[CHUNK * (MAX_D + 48)];     // Σ_b weight·v2, [a][j]
  float k2[(BLOCK + 16) * (MAX_D + 2)]; // keys of side 2 with their weights, where they have some
  float v2[BLOCK * (MAX_D + 32)];    // values of side 2, where d is no multiple of the tile
  float logs[ROW_BLOCK];
} scratch __attribute__((aligned(64)));

static int up(int n, int step) { return (n + step - 1) / step * step; }

#include "sequence_head.h"

// Factor by which everything added so far shrinks so that `max` ≤ m + 16; a power of 2, so exact.
static float raise(Sums *sums, float max, int d) {
  if (!(max > sums->m + 16)) return 1;
  const float m = ceilf(max);
  const double factor = exp2((double)sums->m - m);
  sums->m = m;
  sums->l *= factor;
  for (int j = 0; j < d; j++) sums->acc[j] *= factor;
  return (float)factor;
}

// ---- grid -----------------------------------------------------------------------------------------------------

typedef struct {
  char *memory;
  const float *q;
  double scale, log_scale;
  int d, role;
  Atoms one, two;
} Grid;

static int weighted(const Grid *g) { return g->one.weights.count > 0 || g->two.weights.count > 0 || g->log_scale != 0; }

// y[t][a] = scale·log2 e·q_t·k1_a[t]; with weights two more rows: ln w1 + logScale, and 1
static void load_rows(const Grid *g, int a0, int rows) {
  float scaled[MAX_D], *y = scratch.y;
  for (int t = 0; t < g->d; t++) scaled[t] = (float)(g->q[t] * g->scale * LOG2E);
  for (int a = 0, run; a < rows; a += run) {
    const float *k1 = run_at(g->memory, &g->one.keys, a0 + a, &run);
    if (run > rows - a) run = rows - a;
    chosen->scale_keys(k1, scaled, run, g->d, y + a);
  }
  for (int t = 0; t < g->d && rows < CHUNK; t++) memset(y + t * CHUNK + rows, 0, sizeof(float) * (CHUNK - rows));
  if (!weighted(g)) return;
  float *weight = y + g->d * CHUNK, *one = weight + CHUNK;
  for (int a = 0; a < CHUNK; a++) {
    weight[a] = (float)(g->log_scale * LOG2E);
    one[a] = 1;
  }
  for (int a = 0, run; g->one.weights.count > 0 && a < rows; a += run) {
    const float *log1 = run_at(g->memory, &g->one.weights, a0 + a, &run);
    if (run > rows - a) run = rows - a;
    for (int i = 0; i < run; i++) weight[a + i] += (float)(log1[i] * LOG2E);
  }
}

// The keys of a block with two more coordinates, 1 and ln w2, that meet the extra rows of y
static const float *weighted_keys(const Grid *g, const float *k2, int b0, int keys) {
  const int depth = g->d + 2;
  for (int b = 0; b < keys; b++) {
    memcpy(scratch.k2 + (size_t)b * depth, k2 + (size_t)b * g->d, sizeof(float) * g->d);
    scratch.k2[b * depth + g->d] = 1;
    scratch.k2[b * depth + g->d + 1] = 0;
  }
  for (int b = 0, run; g->two.weights.count > 0 && b < keys; b += run) {
    const float *log2 = run_at(g->memory, &g->two.weights, b0 + b, &run);
    if (run > keys - b) run = keys - b;
    for (int i = 0; i < run; i++) scratch.k2[(b + i) * depth + g->d + 1] = (float)(log2[i] * LOG2E);
  }
  return scratch.k2;
}

// Rows [first, last) of the chunk, first 0 or half a chunk, with keys [b0, b0 + keys)
static void grid_block(const Grid *g, Sums *sums, int b0, int keys, int first, int last, const float *k2, const float *v2,
                       int ldw) {
  const int d = g->d, extra = weighted(g), width = up(d, chosen->lanes);
  const float *k = extra ? weighted_keys(g, k2, b0, keys) : k2;
  float *const s = scratch.s, *const w = scratch.w; // their address takes a call each time
  chosen->scores(scratch.y + first, k, d + 2 * extra, d + 2 * extra, keys, last - first, s + first);
  if (last - first < CHUNK)
    for (int b = 0; b < keys; b++) {
      for (int a = 0; a < first; a++) s[b * CHUNK + a] = -1e30f;
      for (int a = last; a < CHUNK; a++) s[b * CHUNK + a] = -1e30f;
    }
  const float max = chosen->largest(s, keys * CHUNK);
  if (max > sums->max) sums->max = max;
  const float factor = raise(sums, max, d);
  if (factor != 1) chosen->rescale(w, CHUNK * ldw, factor);
  sums->l += chosen->weigh(s, keys * CHUNK, sums->m);
  if (g->role == DENOMINATOR) return;
  int stride = d;
  if (width != d) {
    stride = width;
    for (int b = 0; b < keys; b++) memcpy(scratch.v2 + (size_t)b * width, v2 + (size_t)b * d, sizeof(float) * d);
    v2 = scratch.v2;
  }
  chosen->values(s + first, v2, keys, stride, up(last - first, 2 * chosen->rows), width, w + first * ldw, ldw);
}

// Numbers from one row of scratch.w to the next: rows must not share cache sets
static int width_of(const Grid *g) { return up(g->d, chosen->lanes) + 16; }

// acc += Σ_a v1_a * w_a over the rows of a chunk
static void grid_end(const Grid *g, Sums *sums, int a0, int rows, int ldw) {
  for (int a = 0, run; g->role != DENOMINATOR && a < rows; a += run) {
    const float *v1 = run_at(g->memory, &g->one.values, a0 + a, &run);
    if (run > rows - a) run = rows - a;
    chosen->reduce(v1, scratch.w + a * ldw, run, g->d, ldw, sums->acc);
  }
}

static void grid_chunk(const Grid *g, Sums *sums, int a0, int rows) {
  const int ldw = width_of(g);
  load_rows(g, a0, rows);
  memset(scratch.w, 0, sizeof(float) * CHUNK * ldw);
  for (int b = 0, keys; b < g->two.keys.count; b += keys) {
    int same;
    const float *k2 = run_at(g->memory, &g->two.keys, b, &keys);
    const float *v2 = run_at(g->memory, &g->two.values, b, &same);
    if (keys > same) keys = same;
    if (keys > BLOCK) keys = BLOCK;
    grid_block(g, sums, b, keys, 0, rows, k2, v2, ldw);
  }
  grid_end(g, sums, a0, rows, ldw);
}

#include "exact_grid.h"
#include "mass.h"
#include "features_tile.h"

// ---- rows and products ----------------------------------------------------------------------------------------

static void rows_block(const Grid *g, Sums *sums, int row, int rows, const float *keys, const float *values) {
  float scaled[MAX_D], acc[MAX_D];
  for (int t = 0; t < g->d; t++) scaled[t] = (float)(g->q[t] * g->scale * LOG2E);
  chosen->row_scores(scaled, keys, rows, g->d, scratch.s);
  for (int i = 0, run; weighted(g) && i < rows; i += run) {
    run = rows;
    const float *logs = g->one.weights.count > 0 ? run_at(g->memory, &g->one.weights, row + i, &run) : NULL;
    if (run > rows - i) run = rows - i;
    for (int k = 0; k < run; k++) scratch.s[i + k] += (float)(((logs ? logs[k] : 0) + g->log_scale) * LOG2E);
  }
  const int padded = up(rows, 2 * chosen->lanes);
  for (int i = rows; i < padded; i++) scratch.s[i] = -1e30f;
  const float max = chosen->largest(scratch.s, padded);
  if (max > sums->max) sums->max = max;
  raise(sums, max, g->d);
  sums->l += chosen->weigh(scratch.s, padded, sums->m);
  if (g->role == DENOMINATOR) return;
  chosen->row_values(scratch.s, values, rows, g->d, acc);
  for (int j = 0; j < g->d; j++) sums->acc[j] += acc[j];
}

static void rows_tile(const Grid *g, Sums *sums, int from, int to) {
  for (int row = from, rows; row < to; row += rows) {
    int same;
    const float *keys = run_at(g->memory, &g->one.keys, row, &rows);
    const float *values = run_at(g->memory, &g->one.values, row, &same);
    if (rows > same) rows = same;
    if (rows > to - row) rows = to - row;
    if (rows > ROW_BLOCK) rows = ROW_BLOCK;
    rows_block(g, sums, row, rows, keys, values);
  }
}

#include "skip.h"

static void product_tile(char *memory, Words *w, int from, int to, double *out) {
  const Matrix a = read_matrix(w), b = read_matrix(w), into = read_matrix(w);
  const int d = into.width;
  for (int row = from, rows; row < to; row += rows) {
    int ignored, same;
    const float *x = run_at(memory, &a, row / b.count, &ignored);
    const float *y = run_at(memory, &b, row % b.count, &rows);
    float *z = run_at(memory, &into, row, &same);
    if (rows > same) rows = same;
    if (rows > to - row) rows = to - row;
    for (int i = 0; i < rows; i++)
      for (int t = 0; t < d; t++) z[(size_t)i * d + t] = x[t] * y[(size_t)i * d + t];
  }
  out[P_FLOPS] = (double)(to - from) * d;
}

// ---- one tile -------------------------------------------------------------------------------------------------

void kernel_tile(char *memory, const double *words, int from, int to, double *out) {
  Words w = {words};
  Grid g = {.memory = memory};
  const int precise = (int)word(&w); // then the job is a grid without weights: the caller has seen to it
  g.q = (const float *)memory + (size_t)word(&w);
  g.d = (int)word(&w);
  g.scale = word(&w);
  w.next += 4; // tileRows, rows, firstTile, tiles: the caller has cut the tile
  const int kind = (int)word(&w);
  memset(out, 0, sizeof(double) * P_ACC);
  out[P_M] = out[P_MAX] = out[P_REST] = -INFINITY;
  if (kind == PRODUCT) return product_tile(memory, &w, from, to, out);
  if (kind == FEATURES) return features_tile(memory, &w, g.d, from, to, out);
  if (kind == MASS) return mass_tile(&g, &w, from, to, out);
  if (kind == BOUNDS) return bounds_tile(&g, &w, from, to, out);
  g.role = (int)word(&w);
  g.log_scale = word(&w);
  g.one = read_atoms(&w);
  Sums sums = {.m = -MAX_SCORE, .max = -INFINITY};
  const double rows = to - from, valued = g.role != DENOMINATOR;
  if (kind == GRID) g.two = read_atoms(&w);
  if (precise) return exact_tile(&g, from, to, out);
  Skip skip;
  if (read_skip(memory, &w, &skip)) {
    if (!skipping_tile(&g, &skip, &sums, kind, from, to, out)) return;
  } else if (kind == GRID) {
    for (int a = from; a < to; a += CHUNK) grid_chunk(&g, &sums, a, to - a < CHUNK ? to - a : CHUNK);
    out[P_PAIRS] = rows * g.two.keys.count;
    out[P_FLOPS] = g.d * ((valued ? 4 : 2) * out[P_PAIRS] + (valued ? 3 : 1) * rows);
  } else {
    rows_tile(&g, &sums, from, to);
    out[P_PAIRS] = rows;
    out[P_FLOPS] = (valued ? 4 : 2) * g.d * rows;
  }
  const int none = sums.max < -MAX_SCORE; // every weight is 0, or the scores are too far out
  if (!(sums.max < MAX_SCORE) || (none && !weighted(&g))) sums.l = NAN;
  out[P_M] = none && !isnan(sums.l) ? -INFINITY : sums.m * LN2;
  out[P_L] = none && !isnan(sums.l) ? 0 : sums.l;
  out[P_MAX] = weighted(&g) ? NAN : sums.max * LN2;
  out[P_MEAN] = out[P_M2] = out[P_SQUARES] = NAN; // measured in float64, by exact_tile or the reference
  for (int j = 0; j < g.d; j++) out[P_ACC + j] = sums.acc[j];
}
