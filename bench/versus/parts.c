// What each part of a block of the native kernel (64 rows × 64 keys) takes on one thread, where everything it reads is
// near: least times of many, since whatever disturbs makes them longer. parts D prints nanoseconds:
// scores largest weigh values block, the last of a whole tile with everything around them.
#include "../../workers/native/kernels.c"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ENTRIES 1024
#define ROWS_DONE 256
#define REPEAT 8
#define ROUNDS 400

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static double least[5] = {1e30, 1e30, 1e30, 1e30, 1e30};
#define TIME(i, times, ...)                                 \
  do {                                                      \
    const double start = now();                             \
    for (int r = 0; r < REPEAT; r++) __VA_ARGS__;           \
    const double taken = (now() - start) / REPEAT / (times); \
    if (taken < least[i]) least[i] = taken;                 \
  } while (0)

static char *memory;
static double words[64];
static int length;
static void put(double x) { words[length++] = x; }
static void rows_at(size_t offset, int d) { put(d), put(ENTRIES), put(1), put((double)offset), put(ENTRIES); }

int main(int count, char **arguments) {
  const int d = count > 1 ? atoi(arguments[1]) : 64, all = ENTRIES * d;
  if (kernel_choose("") == NULL || d < 1 || d > MAX_D) return 2;
  const size_t size = sizeof(float) * (5 * (size_t)all + 65536);
  memory = aligned_alloc(128, (size + 127) / 128 * 128);
  float *numbers = (float *)memory;
  for (size_t i = 0; i < size / sizeof(float); i++) numbers[i] = (float)(rand() % 1000) / 1000 - 0.5f;
  const size_t matrix = sizeof(float) * (size_t)all, first = 4096;
  put(0), put(64), put(d), put(0.1), put(0), put(0), put(0), put(0), put(GRID), put(BOTH), put(0);
  rows_at(first, d), rows_at(first + matrix, d), put(0), rows_at(first + 2 * matrix, d), rows_at(first + 3 * matrix, d), put(0), put(0);
  const float *k2 = (float *)(memory + first + 2 * matrix), *v2 = (float *)(memory + first + 3 * matrix);
  const int width = up(d, chosen->lanes), stride = d == width ? d : width;
  static double out[P_ACC + MAX_D];
  for (int round = 0; round < ROUNDS; round++) {
    TIME(0, 1, chosen->scores(scratch.y, k2, d, d, BLOCK, CHUNK, scratch.s));
    TIME(1, 1, chosen->largest(scratch.s, BLOCK * CHUNK));
    memset(scratch.s, 0, sizeof scratch.s);
    TIME(2, 1, chosen->weigh(scratch.s, BLOCK * CHUNK, 0));
    TIME(3, 1, chosen->values(scratch.s, v2, BLOCK, stride, CHUNK, width, scratch.w, width + 16));
    TIME(4, ROWS_DONE / CHUNK * (ENTRIES / BLOCK), kernel_tile(memory, words, 0, ROWS_DONE, out));
  }
  for (int i = 0; i < 5; i++) printf("%.1f ", least[i]);
  printf("\n");
  return 0;
}
