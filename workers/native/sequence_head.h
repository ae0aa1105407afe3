// One head of a sequence on its way through sequence.h: rows of many heads are taken apart, padded and transposed, and
// gradients put back. Included by kernels.c.

static void *aligned_floats(float **next, size_t count) {
  float *at = *next;
  *next += (count + 15) / 16 * 16;
  return at;
}

// out[i][t] = factor·rows[i][head·d + t], with zeros behind the last coordinate and the last row
static void take_head(const float *rows, const SequenceShape *shape, int head, float factor, float *out, int d) {
  for (int i = 0; i < shape->n; i++)
    for (int t = 0; t < shape->d; t++)
      out[(size_t)i * d + t] = factor * rows[((size_t)i * shape->heads + head) * shape->d + t];
}

static void put_head(const float *rows, int d, const SequenceShape *shape, int head, float factor, float *out) {
  for (int i = 0; i < shape->n; i++)
    for (int t = 0; t < shape->d; t++)
      out[((size_t)i * shape->heads + head) * shape->d + t] = factor * rows[(size_t)i * d + t];
}

static void transposed(const float *rows, int n, int d, float *out, int padded) {
  for (int i = 0; i < n; i++)
    for (int t = 0; t < d; t++) out[(size_t)t * padded + i] = rows[(size_t)i * d + t];
}

static void transposed_back(const float *columns, int n, int d, int padded, float *out) {
  for (int i = 0; i < n; i++)
    for (int t = 0; t < d; t++) out[(size_t)i * d + t] = columns[(size_t)t * padded + i];
}

int kernel_sequence(const SequenceShape *shape, const SequenceRows *rows, float *out, float *logs, const float *by_out,
                    const SequenceGradients *gradients) {
  const int n = shape->n, lanes = chosen->lanes, d = up(shape->d, lanes), padded = up(n, lanes), tensor = rows->k2 != NULL;
  const size_t matrix = (size_t)padded * d + 16;
  float *const memory = calloc(16 * matrix + 2 * (size_t)padded * lanes + n + 64, sizeof(float));
  if (memory == NULL) return 0;
  for (int head = 0; head < shape->heads; head++) {
    float *next = (float *)(((uintptr_t)memory + 63) / 64 * 64);
    float *q = aligned_floats(&next, matrix), *k1 = aligned_floats(&next, matrix), *k2 = aligned_floats(&next, matrix);
    float *v1 = aligned_floats(&next, matrix), *v2 = aligned_floats(&next, matrix), *by = aligned_floats(&next, matrix);
    Sequence s = {.n = n, .d = d, .padded = padded, .keys = tensor ? n : 1, .q = q, .k2 = k2, .v2 = v2, .k1_rows = k1, .v1_rows = v1, .by_out = by};
    s.k1 = aligned_floats(&next, matrix), s.v1 = aligned_floats(&next, matrix), s.out = aligned_floats(&next, matrix);
    s.by_q = aligned_floats(&next, matrix), s.by_k1 = aligned_floats(&next, matrix), s.by_v1 = aligned_floats(&next, matrix);
    if (tensor) s.by_k2 = aligned_floats(&next, matrix), s.by_v2 = aligned_floats(&next, matrix);
    float *back = aligned_floats(&next, matrix);
    s.weights = aligned_floats(&next, (size_t)padded * lanes), s.slopes = aligned_floats(&next, (size_t)padded * lanes);
    s.logs = aligned_floats(&next, n);
    take_head(rows->q, shape, head, (float)(shape->scale * LOG2E), q, d);
    take_head(rows->k1, shape, head, 1, k1, d);
    take_head(rows->v1, shape, head, 1, v1, d);
    transposed(k1, n, d, (float *)s.k1, padded);
    transposed(v1, n, d, (float *)s.v1, padded);
    if (tensor) take_head(rows->k2, shape, head, 1, k2, d), take_head(rows->v2, shape, head, 1, v2, d);
    else for (int t = 0; t < d; t++) k2[t] = v2[t] = 1; // matrix attention is the case k2 = v2 = 1, once
    if (gradients == NULL) {
      chosen->sequence(&s, 0);
      put_head(s.out, d, shape, head, 1, out);
      for (int i = 0; i < n; i++) logs[(size_t)i * shape->heads + head] = s.logs[i];
      continue;
    }
    take_head(out, shape, head, 1, s.out, d);
    take_head(by_out, shape, head, 1, by, d);
    for (int i = 0; i < n; i++) s.logs[i] = logs[(size_t)i * shape->heads + head];
    memset(s.by_q, 0, sizeof(float) * (size_t)(back - s.by_q));
    chosen->sequence(&s, 1);
    put_head(s.by_q, d, shape, head, (float)shape->scale, gradients->q);
    transposed_back(s.by_k1, n, d, padded, back), put_head(back, d, shape, head, 1, gradients->k1);
    transposed_back(s.by_v1, n, d, padded, back), put_head(back, d, shape, head, 1, gradients->v1);
    if (tensor) put_head(s.by_k2, d, shape, head, 1, gradients->k2), put_head(s.by_v2, d, shape, head, 1, gradients->v2);
  }
  free(memory);
  return 1;
}
