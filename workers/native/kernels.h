#pragma once

// Choose an instruction set by name ("" for the best one); returns its name, or NULL when this processor lacks it.
const char *kernel_choose(const char *wanted);

// Do rows [from, to) of the job whose words lie at `words` and leave a partial in `out`, (11 + d) float64. `memory` is
// the shared memory that offsets refer to; 64 KiB behind the last row must be readable.
void kernel_tile(char *memory, const double *words, int from, int to, double *out);

// out = x·w for x (rows × inner) and w (inner × columns), row-major: float64 sums in order, rounded once.
void kernel_multiply(const float *x, const float *w, float *out, int rows, int inner, int columns);
