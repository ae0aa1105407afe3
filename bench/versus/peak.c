// What the processor can do: multiply-adds in registers, nothing else. peak avx512|avx2|128|portable THREADS WINDOWS
// prints the median and the best GF/s of all threads together over windows of about 1 ms.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHAINS 12 // independent sums: two pipes of four cycles each need eight; more do not fit 16 registers
#define MOST 4096
static int windows;
static double (*loop)(int, float);

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#define LOOP(name, lanes, attributes)                                          \
  typedef float name##_vec __attribute__((vector_size(lanes * 4)));            \
  attributes __attribute__((noinline)) static double name(int n, float seed) { \
    name##_vec acc[CHAINS], x = {0}, y = {0};                                  \
    x += seed, y += 1 - seed;                                                  \
    _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++) acc[i] = x + (float)i; \
    for (int k = 0; k < n; k++) {                                              \
      _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++) acc[i] = acc[i] * x + y; \
    }                                                                          \
    name##_vec sum = {0};                                                      \
    _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++) sum += acc[i];   \
    volatile float keep = sum[0];                                              \
    (void)keep;                                                                \
    return 2.0 * lanes * CHAINS * n;                                           \
  }
#if defined(__x86_64__)
LOOP(avx512, 16, __attribute__((target("avx512f,fma,prefer-vector-width=512"))))
LOOP(avx2, 8, __attribute__((target("avx2,fma"))))
LOOP(fma128, 4, __attribute__((target("avx,fma"))))
#endif
LOOP(portable, 4, )

static void *work(void *into) {
  double *rates = into;
  const float seed = 0.5f + (float)(seconds() * 0); // not known to the compiler
  int n = 1000;
  for (int w = -3; w < windows; w++) {
    const double start = seconds(), flops = loop(n, seed), taken = seconds() - start;
    if (w < 0) n = (int)(n * 1e-3 / taken) + 1;
    else rates[w] = flops / taken / 1e9;
  }
  return NULL;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int count, char **arguments) {
  const int threads = count > 2 ? atoi(arguments[2]) : 1;
  const char *set = count > 1 ? arguments[1] : "portable";
  windows = count > 3 ? atoi(arguments[3]) : 20;
  if (threads < 1 || threads > 64 || windows < 1 || windows > MOST / 64) return 2;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (strcmp(set, "avx512") == 0 && __builtin_cpu_supports("avx512f")) loop = avx512;
  if (strcmp(set, "avx2") == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) loop = avx2;
  if (strcmp(set, "128") == 0 && __builtin_cpu_supports("avx") && __builtin_cpu_supports("fma")) loop = fma128;
#endif
  if (strcmp(set, "portable") == 0 || (strcmp(set, "128") == 0 && loop == NULL)) loop = portable;
  if (loop == NULL) return 3; // not on this processor
  static double rates[64][MOST / 64];
  pthread_t ids[64];
  for (int i = 0; i < threads; i++) pthread_create(&ids[i], NULL, work, rates[i]);
  for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  double median = 0, best = 0;
  for (int i = 0; i < threads; i++) {
    qsort(rates[i], (size_t)windows, sizeof(double), ascending);
    median += rates[i][windows / 2];
    best += rates[i][windows - 1];
  }
  printf("%.3f %.3f\n", median, best);
  return 0;
}
