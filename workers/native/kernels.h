#pragma once

// Choose an instruction set by name ("" for the best one); returns its name, or NULL when this processor lacks it.
const char *kernel_choose(const char *wanted);

// Do rows [from, to) of the job whose words lie at `words` and leave a partial in `out`, (11 + d) float64. `memory` is
// the shared memory that offsets refer to; 64 KiB behind the last row must be readable.
void kernel_tile(char *memory, const double *words, int from, int to, double *out);

// out = x·w for x (rows × inner) and w (inner × columns), row-major: float64 sums in order, rounded once.
void kernel_multiply(const float *x, const float *w, float *out, int rows, int inner, int columns);

// out += x·w in float32, shapes as above; a transposed operand lies column by column. 0: out of memory.
int kernel_add_product(const float *x, int x_transposed, const float *w, int w_transposed, float *out, int rows, int inner, int columns);

typedef struct {
  int n, heads, d;
  double scale;
} SequenceShape;
typedef struct {
  const float *q, *k1, *k2, *v1, *v2; // k2 = v2 = NULL: matrix order
} SequenceRows;
typedef struct {
  float *q, *k1, *k2, *v1, *v2;
} SequenceGradients;

// Causal attention of a whole sequence, all heads: rows, outputs and gradients (n × heads·d). Without gradients: writes outputs
// and log2 of each query's sum of weights, (n × heads). With: reads them and the gradient by the outputs. 0: out of memory.
int kernel_sequence(const SequenceShape *shape, const SequenceRows *rows, float *out, float *logs, const float *by_out,
                    const SequenceGradients *gradients);
