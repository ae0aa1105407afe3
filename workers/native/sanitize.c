// Runs random jobs of all kinds through kernels.c under the address and undefined-behaviour sanitizers, in a memory
// with nothing behind its 64 KiB of slack. Prints the worst error against plain loops; fails above its limit.
#include "kernels.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLACK 65536
#define BOUNDS_KIND 5 // as in words.h
static uint32_t state = 1;
static double uniform(void) { return (state = state * 1664525u + 1013904223u) / 4294967296.0; }
static int between(int lo, int hi) { return lo + (int)(uniform() * (hi - lo + 1)); }

static char *memory;
static size_t end;
static size_t rows(int count, int width, double mean) { // float32 rows at the end of what is in use
  const size_t at = end;
  float *row = (float *)(memory + at);
  for (int i = 0; i < count * width; i++) row[i] = (float)(mean + 2 * uniform() - 1);
  end = (at + sizeof(float) * count * width + 127) / 128 * 128;
  return at;
}

static double words[160];
static int length;
static void word(double x) { words[length++] = x; }
static void matrix(size_t at, int count, int width) { // in two spans, as caches that have grown
  const int first = count / 2;
  word(width), word(count), word(2);
  word((double)at), word(first);
  word((double)(at + sizeof(float) * first * width)), word(count - first);
}

// Boxes of blocks of 64 keys: smallest coordinates, then largest
static void boxes(size_t keys, int count, int d, size_t *lo, size_t *hi) {
  const float *key = (float *)(memory + keys);
  const int blocks = (count + 63) / 64;
  *lo = rows(blocks, d, 1e9), *hi = rows(blocks, d, -1e9);
  for (int i = 0; i < count; i++)
    for (int t = 0; t < d; t++) {
      float *low = (float *)(memory + *lo) + i / 64 * d + t, *high = (float *)(memory + *hi) + i / 64 * d + t;
      *low = fminf(*low, key[i * d + t]);
      *high = fmaxf(*high, key[i * d + t]);
    }
}

typedef struct {
  size_t lo1, hi1, lo2, hi2, bounds, found;
  int blocks1, blocks2; // blocks2 = 0: there is no side 2
} Skipping;
static double scored = 0, allowed = 0; // pairs, of those that jobs skipped from

static Skipping skipping(size_t k1, int n1, size_t k2, int n2, int d) {
  Skipping s = {.blocks1 = (n1 + 63) / 64, .blocks2 = (n2 + 63) / 64};
  boxes(k1, n1, d, &s.lo1, &s.hi1);
  if (n2 > 0) boxes(k2, n2, d, &s.lo2, &s.hi2);
  s.bounds = rows(s.blocks1 * (n2 > 0 ? s.blocks2 : 1), 1, 0);
  s.found = rows(s.blocks1, 1, 0);
  return s;
}

static void skip_words(const Skipping *s, int d) {
  word(1), word(40); // e^-40 of what is kept: below what float32 shows
  matrix(s->bounds, s->blocks1 * (s->blocks2 > 0 ? s->blocks2 : 1), 1), matrix(s->found, s->blocks1, 1);
  matrix(s->lo1, s->blocks1, d), matrix(s->hi1, s->blocks1, d), word(s->blocks2 > 0);
  if (s->blocks2 > 0) matrix(s->lo2, s->blocks2, d), matrix(s->hi2, s->blocks2, d);
}

static double once(int precise, int kind, int skips) {
  const int d = between(1, 256), n1 = between(1, 150), n2 = between(1, 150), weighted = !precise && !skips && between(0, 1);
  const size_t size = SLACK + sizeof(float) * ((size_t)2 * (n1 + n2 + 8) * (d + 1) + d + 1024) + 65536;
  memory = aligned_alloc(128, (size + 127) / 128 * 128);
  end = 128;
  const size_t q = rows(1, d, 0), k1 = rows(n1, d, 0), v1 = rows(n1, d, 1), k2 = rows(n2, d, 0), v2 = rows(n2, d, 1);
  const size_t w1 = rows(n1, 1, 0), w2 = rows(n2, 1, 0);
  for (int t = 0; skips && t < d; t++) { // a needle on each side
    ((float *)(memory + k1))[n1 / 2 * d + t] = ((float *)(memory + q))[t] > 0 ? 5 : -5;
    ((float *)(memory + k2))[n2 / 3 * d + t] = 5;
  }
  const Skipping s = skipping(k1, n1, k2, kind == 0 ? n2 : 0, d);
  char *tight = aligned_alloc(128, (end + SLACK + 127) / 128 * 128); // nothing behind the slack
  memcpy(tight, memory, end);
  free(memory);
  memory = tight;
  double out[11 + 256], l = 0, acc[256] = {0}, worst = 0;
  const double head[] = {precise, (double)(q / sizeof(float)), d, 0.7, 0, 0, 0, 0};
  if (skips) {
    memcpy(words, head, sizeof head);
    length = 8;
    word(BOUNDS_KIND), matrix(k1, n1, d), word(kind == 0);
    if (kind == 0) matrix(k2, n2, d);
    skip_words(&s, d);
    kernel_tile(memory, words, 0, s.blocks1, out);
  }
  memcpy(words, head, sizeof head);
  length = 8;
  word(kind), word(0), word(weighted ? 0.3 : 0);
  matrix(k1, n1, d), matrix(v1, n1, d), word(weighted);
  if (weighted) matrix(w1, n1, 1);
  if (kind == 0) {
    matrix(k2, n2, d), matrix(v2, n2, d), word(weighted);
    if (weighted) matrix(w2, n2, 1);
  }
  if (skips) skip_words(&s, d);
  else word(0);
  kernel_tile(memory, words, 0, n1, out);
  if (skips) scored += out[5], allowed += (double)n1 * (kind == 0 ? n2 : 1);
  const float *Q = (float *)(memory + q), *K1 = (float *)(memory + k1), *K2 = (float *)(memory + k2);
  const float *V1 = (float *)(memory + v1), *V2 = (float *)(memory + v2);
  const float *W1 = (float *)(memory + w1), *W2 = (float *)(memory + w2);
  for (int a = 0; a < n1; a++)
    for (int b = 0; b < (kind == 0 ? n2 : 1); b++) {
      double s = weighted ? W1[a] + (kind == 0 ? W2[b] : 0) : 0;
      for (int t = 0; t < d; t++) s += 0.7 * Q[t] * K1[a * d + t] * (kind == 0 ? K2[b * d + t] : 1);
      const double e = exp(s);
      l += e;
      for (int t = 0; t < d; t++) acc[t] += e * V1[a * d + t] * (kind == 0 ? V2[b * d + t] : 1);
    }
  for (int t = 0; t < d; t++) worst = fmax(worst, fabs(out[11 + t] / out[1] - acc[t] / l));
  free(memory);
  return worst;
}

// Worst difference of ln Σ_b e^s, per row of side 1
static double mass(int paired) {
  const int d = between(1, 256), n1 = between(1, 150), n2 = between(1, 150);
  const size_t size = SLACK + sizeof(float) * ((size_t)(n1 + n2) * d + d + n1 + 1024);
  memory = aligned_alloc(128, (size + 127) / 128 * 128);
  end = 128;
  const size_t q = rows(1, d, 0), k1 = rows(n1, d, 0), k2 = rows(n2, d, 0), into = rows(n1, 1, 0);
  length = 0;
  word(0), word((double)(q / sizeof(float))), word(d), word(0.7);
  for (int i = 0; i < 4; i++) word(0);
  word(3), word(paired), word(0.3);
  matrix(into, n1, 1), matrix(k1, n1, d), matrix(k1, n1, d), word(0);
  if (paired) matrix(k2, n2, d), matrix(k2, n2, d), word(0);
  double out[11 + 256], worst = 0;
  kernel_tile(memory, words, 0, n1, out);
  const float *Q = (float *)(memory + q), *K1 = (float *)(memory + k1), *K2 = (float *)(memory + k2);
  for (int a = 0; a < n1; a++) {
    double l = 0;
    for (int b = 0; b < (paired ? n2 : 1); b++) {
      double s = 0.3;
      for (int t = 0; t < d; t++) s += 0.7 * Q[t] * K1[a * d + t] * (paired ? K2[b * d + t] : 1);
      l += exp(s);
    }
    worst = fmax(worst, fabs(((float *)(memory + into))[a] - log(l)));
  }
  free(memory);
  return worst;
}

// Worst difference of a polynomial answer, relative; sums are float64 rows in two spans
static double features(int paired) {
  const int d = between(1, 256), r = between(1, 150), width = d + 1;
  const size_t size = SLACK + sizeof(double) * ((size_t)2 * r * width + 2 * r + 1024);
  memory = aligned_alloc(128, (size + 127) / 128 * 128);
  double *all = (double *)(memory + 128); // weights, A1, A2
  const size_t numbers = (size_t)2 * r + (size_t)2 * r * width;
  for (size_t i = 0; i < numbers; i++) all[i] = 0.5 + uniform();
  char *tight = aligned_alloc(128, (128 + 8 * numbers + SLACK + 127) / 128 * 128); // nothing behind the slack
  memcpy(tight, memory, 128 + 8 * numbers);
  free(memory);
  memory = tight;
  const size_t at[3] = {128, 128 + 16 * (size_t)r, 128 + 16 * (size_t)r + 8 * (size_t)r * width};
  length = 0;
  word(0), word(0), word(d), word(1);
  for (int i = 0; i < 4; i++) word(0);
  word(4), word(paired), word(-1);
  for (int i = 0; i < 2 + paired; i++) {
    const int columns = i == 0 ? 2 : width, first = r / (i + 2); // spans of the three end at different rows
    word(columns), word(r), word(2);
    word((double)at[i]), word(first);
    word((double)(at[i] + sizeof(double) * first * columns)), word(r - first);
  }
  double out[11 + 256], l = 0, acc[256] = {0}, worst = 0;
  kernel_tile(memory, words, 0, r, out);
  const double *u = (double *)(memory + at[0]), *a = (double *)(memory + at[1]), *b = (double *)(memory + at[2]);
  for (int f = 0; f < r; f++) {
    for (int j = 0; j < d; j++) acc[j] -= u[2 * f] * a[f * width + j] * (paired ? b[f * width + j] : 1);
    l -= u[2 * f + 1] * a[f * width + d] * (paired ? b[f * width + d] : 1);
  }
  for (int j = 0; j < d; j++) worst = fmax(worst, fabs(out[11 + j] / acc[j] - 1));
  worst = fmax(worst, fabs(out[1] / l - 1));
  free(memory);
  return worst;
}

static float *numbers(int count) { // nothing behind the last
  float *x = malloc(sizeof(float) * count);
  for (int i = 0; i < count; i++) x[i] = (float)(2 * uniform() - 1);
  return x;
}

static double inner(const float *x, const float *y, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += (double)x[i] * y[i];
  return sum;
}

// Worst difference of the last answers of a sequence from plain loops, and of what every gradient must have in common: answers
// are linear in v1 and in v2, scores in q, k1 and k2
static double sequence(int tensor) {
  const SequenceShape shape = {between(1, 40), between(1, 3), between(0, 3) ? between(1, 40) : 16, 0.7};
  const int width = shape.heads * shape.d, length = shape.n * width, last = (shape.n - 1) * width;
  float *r[5], *g[5], *out = numbers(length), *logs = numbers(shape.n * shape.heads), *by = numbers(length);
  for (int i = 0; i < 5; i++) {
    const int there = tensor || (i != 2 && i != 4);
    r[i] = there ? numbers(length) : NULL, g[i] = there ? numbers(length) : NULL;
  }
  const SequenceRows rows = {r[0], r[1], r[2], r[3], r[4]};
  const SequenceGradients gradients = {g[0], g[1], g[2], g[3], g[4]};
  if (!kernel_sequence(&shape, &rows, out, logs, NULL, NULL) || !kernel_sequence(&shape, &rows, out, logs, by, &gradients)) return 1;
  double l = 0, acc[64] = {0}, worst = 0;
  for (int a = 0; a < shape.n; a++)
    for (int b = 0; b < (tensor ? shape.n : 1); b++) {
      double s = 0;
      for (int t = 0; t < shape.d; t++) s += 0.7 * r[0][last + t] * r[1][a * width + t] * (tensor ? r[2][b * width + t] : 1);
      l += exp(s);
      for (int t = 0; t < shape.d; t++) acc[t] += exp(s) * r[3][a * width + t] * (tensor ? r[4][b * width + t] : 1);
    }
  for (int t = 0; t < shape.d; t++) worst = fmax(worst, fabs(out[last + t] - acc[t] / l));
  const double values = inner(by, out, length), scores = inner(g[0], r[0], length);
  worst = fmax(worst, fmax(fabs(inner(g[3], r[3], length) - values), fabs(inner(g[1], r[1], length) - scores)) / length);
  if (tensor) worst = fmax(worst, fmax(fabs(inner(g[4], r[4], length) - values), fabs(inner(g[2], r[2], length) - scores)) / length);
  for (int i = 0; i < 5; i++) free(r[i]), free(g[i]);
  free(out), free(logs), free(by);
  return worst;
}

// Worst difference of a product of either operand as it is or turned
static double product(void) {
  const int rows = between(1, 40), depth = between(1, 300), columns = between(1, 80);
  float *x = numbers(rows * depth), *w = numbers(depth * columns), *turned = malloc(sizeof(float) * rows * depth), *out[2];
  for (int r = 0; r < rows; r++)
    for (int k = 0; k < depth; k++) turned[k * rows + r] = x[r * depth + k];
  double worst = 0;
  for (int way = 0; way < 2; way++) {
    out[way] = calloc(rows * columns, sizeof(float));
    if (!kernel_add_product(way ? turned : x, way, w, 0, out[way], rows, depth, columns)) return 1;
  }
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < columns; c++) {
      double sum = 0;
      for (int k = 0; k < depth; k++) sum += (double)x[r * depth + k] * w[k * columns + c];
      for (int way = 0; way < 2; way++) worst = fmax(worst, fabs(out[way][r * columns + c] - sum) / depth);
    }
  free(x), free(w), free(turned), free(out[0]), free(out[1]);
  return worst;
}

int main(int count, char **names) {
  for (int i = 1; i < count; i++) {
    if (kernel_choose(names[i]) == NULL) {
      printf("%s: not on this processor\n", names[i]);
      continue;
    }
    double fast = 0, exact = 0, skipped = 0;
    for (int round = 0; round < 60; round++) {
      fast = fmax(fast, fmax(once(0, 0, 0), once(0, 1, 0)));
      skipped = fmax(skipped, fmax(once(0, 0, 1), once(0, 1, 1)));
      fast = fmax(fast, fmax(mass(0), mass(1)));
      fast = fmax(fast, fmax(product(), fmax(sequence(0), sequence(1))));
      exact = fmax(exact, fmax(once(1, 0, 0), fmax(features(0), features(1))));
    }
    printf("%s: worst error %.1e in float32, %.1e in float64\n", names[i], fast, exact);
    printf("  with %.0f%% of the pairs skipped: %.1e\n", 100 * (1 - scored / allowed), skipped);
    if (!(skipped < 1e-5) || !(scored < 0.9 * allowed)) return 1;
    if (!(fast < 1e-5) || !(exact < 1e-12)) return 1;
  }
  return 0;
}
