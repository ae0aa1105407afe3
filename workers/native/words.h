// The words of a job as workers/board.ts writes them, and the rows they name. Included by kernels.c.

typedef struct {
  const double *next;
} Words;
typedef struct {
  int width, count, spans;
  const double *span; // byte offset and rows of each
} Matrix;
typedef struct {
  Matrix keys, values, weights; // weights.count = 0: every weight is 1
} Atoms;
enum { GRID, ROWS_JOB, PRODUCT, MASS, FEATURES, BOUNDS };
enum { BOTH, NUMERATOR, DENOMINATOR };

static double word(Words *w) { return *w->next++; }
static Matrix read_matrix(Words *w) {
  Matrix m = {(int)word(w), (int)word(w), 0, NULL};
  m.spans = (int)word(w);
  m.span = w->next;
  w->next += 2 * m.spans;
  return m;
}
static Atoms read_atoms(Words *w) {
  Atoms a = {read_matrix(w), read_matrix(w), {0}};
  if (word(w) != 0) a.weights = read_matrix(w);
  return a;
}

// The rows from `row` on that lie together: their number, and where.
static float *run_at(char *memory, const Matrix *m, int row, int *rows) {
  const double *span = m->span;
  for (int s = 0; s < m->spans; s++, span += 2) {
    if (row < (int)span[1]) {
      *rows = (int)span[1] - row;
      return (float *)(memory + (size_t)span[0]) + (size_t)row * m->width;
    }
    row -= (int)span[1];
  }
  *rows = 0;
  return NULL;
}
