// N-API face of kernels.c: on memory that JavaScript shares with its threads. Nothing is copied.
#include "kernels.h"
#include <node_api.h>
#include <stdint.h>

static napi_value throws(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

// choose(name) → name of the instruction set in use, or null
static napi_value choose(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  napi_value argument, result;
  char name[32];
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (napi_get_value_string_utf8(env, argument, name, sizeof name, &length) != napi_ok) return throws(env, "choose(name)");
  const char *chosen = kernel_choose(name);
  if (chosen == NULL) napi_get_null(env, &result);
  else napi_create_string_utf8(env, chosen, NAPI_AUTO_LENGTH, &result);
  return result;
}

// tile(memory: Float64Array, words, from, to, out): offsets in bytes
static napi_value tile(napi_env env, napi_callback_info info) {
  size_t count = 5, length;
  napi_value arguments[5];
  void *memory;
  double numbers[4];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  if (napi_get_typedarray_info(env, arguments[0], NULL, &length, &memory, NULL, NULL) != napi_ok) return throws(env, "tile: memory");
  for (int i = 0; i < 4; i++)
    if (napi_get_value_double(env, arguments[i + 1], &numbers[i]) != napi_ok) return throws(env, "tile: a number");
  char *base = memory;
  kernel_tile(base, (const double *)(base + (size_t)numbers[0]), (int)numbers[1], (int)numbers[2],
              (double *)(base + (size_t)numbers[3]));
  return NULL;
}

// multiply(x, w, out: Float32Array, rows): x (rows × inner), w (inner × columns), out (rows × columns)
static napi_value multiply(napi_env env, napi_callback_info info) {
  size_t count = 4, lengths[3];
  napi_value arguments[4];
  void *data[3];
  uint32_t rows;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  for (int i = 0; i < 3; i++) {
    napi_typedarray_type type;
    if (napi_get_typedarray_info(env, arguments[i], &type, &lengths[i], &data[i], NULL, NULL) != napi_ok || type != napi_float32_array)
      return throws(env, "multiply: a Float32Array");
  }
  if (napi_get_value_uint32(env, arguments[3], &rows) != napi_ok || rows == 0) return throws(env, "multiply: rows");
  const size_t inner = lengths[0] / rows, columns = lengths[2] / rows;
  if (inner * rows != lengths[0] || columns * rows != lengths[2] || inner * columns != lengths[1])
    return throws(env, "multiply: sizes that do not fit together");
  kernel_multiply(data[0], data[1], data[2], (int)rows, (int)inner, (int)columns);
  return NULL;
}

// The numbers of a Float32Array of `length`; NULL for null, and for anything else, which sets *wrong.
static float *floats(napi_env env, napi_value value, size_t length, int *wrong) {
  napi_valuetype type;
  napi_typedarray_type kind;
  size_t found;
  void *data;
  if (napi_typeof(env, value, &type) == napi_ok && type == napi_null) return NULL;
  if (napi_get_typedarray_info(env, value, &kind, &found, &data, NULL, NULL) == napi_ok && kind == napi_float32_array && found == length)
    return data;
  *wrong = 1;
  return NULL;
}

// addProduct(x, w, out: Float32Array, rows, inner, columns, turned): out += x·w; of turned, 1: x lies column by column, 2: w does
static napi_value add_product(napi_env env, napi_callback_info info) {
  size_t count = 7;
  napi_value arguments[7];
  uint32_t sizes[4];
  int wrong = 0;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  for (int i = 0; i < 4; i++) wrong |= napi_get_value_uint32(env, arguments[3 + i], &sizes[i]) != napi_ok;
  if (wrong) return throws(env, "addProduct: a size");
  const size_t rows = sizes[0], inner = sizes[1], columns = sizes[2];
  float *x = floats(env, arguments[0], rows * inner, &wrong), *w = floats(env, arguments[1], inner * columns, &wrong);
  float *out = floats(env, arguments[2], rows * columns, &wrong);
  if (wrong || x == NULL || w == NULL || out == NULL) return throws(env, "addProduct: sizes that do not fit together");
  if (!kernel_add_product(x, sizes[3] & 1, w, sizes[3] & 2, out, (int)rows, (int)inner, (int)columns))
    return throws(env, "addProduct: out of memory");
  return NULL;
}

// sequence(n, heads, d, scale, [q, k1, k2|null, v1, v2|null], out, logs, byOut|null, [gradients of the five]|null)
static napi_value sequence(napi_env env, napi_callback_info info) {
  size_t count = 9;
  napi_value arguments[9], item;
  uint32_t sizes[3];
  SequenceShape shape;
  float *rows[5] = {0}, *gradients[5] = {0};
  int wrong = 0;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  for (int i = 0; i < 3; i++) wrong |= napi_get_value_uint32(env, arguments[i], &sizes[i]) != napi_ok;
  wrong |= napi_get_value_double(env, arguments[3], &shape.scale) != napi_ok;
  if (wrong || sizes[2] == 0 || sizes[2] > 256) return throws(env, "sequence: a size");
  shape.n = (int)sizes[0], shape.heads = (int)sizes[1], shape.d = (int)sizes[2];
  const size_t length = (size_t)sizes[0] * sizes[1] * sizes[2];
  float *out = floats(env, arguments[5], length, &wrong), *logs = floats(env, arguments[6], (size_t)sizes[0] * sizes[1], &wrong);
  const float *by_out = floats(env, arguments[7], length, &wrong);
  for (uint32_t i = 0; i < 5; i++) {
    if (napi_get_element(env, arguments[4], i, &item) != napi_ok) return throws(env, "sequence: rows");
    rows[i] = floats(env, item, length, &wrong);
    if (by_out == NULL) continue;
    if (napi_get_element(env, arguments[8], i, &item) != napi_ok) return throws(env, "sequence: gradients");
    gradients[i] = floats(env, item, length, &wrong);
    wrong |= (rows[i] == NULL) != (gradients[i] == NULL);
  }
  wrong |= !out || !logs || !rows[0] || !rows[1] || !rows[3] || !rows[2] != !rows[4];
  if (wrong) return throws(env, "sequence: sizes that do not fit together");
  const SequenceRows of = {rows[0], rows[1], rows[2], rows[3], rows[4]};
  const SequenceGradients into = {gradients[0], gradients[1], gradients[2], gradients[3], gradients[4]};
  if (!kernel_sequence(&shape, &of, out, logs, by_out, by_out ? &into : NULL)) return throws(env, "sequence: out of memory");
  return NULL;
}

static napi_value init(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "choose", NAPI_AUTO_LENGTH, choose, NULL, &function);
  napi_set_named_property(env, exports, "choose", function);
  napi_create_function(env, "tile", NAPI_AUTO_LENGTH, tile, NULL, &function);
  napi_set_named_property(env, exports, "tile", function);
  napi_create_function(env, "multiply", NAPI_AUTO_LENGTH, multiply, NULL, &function);
  napi_set_named_property(env, exports, "multiply", function);
  napi_create_function(env, "addProduct", NAPI_AUTO_LENGTH, add_product, NULL, &function);
  napi_set_named_property(env, exports, "addProduct", function);
  napi_create_function(env, "sequence", NAPI_AUTO_LENGTH, sequence, NULL, &function);
  napi_set_named_property(env, exports, "sequence", function);
  return exports;
}

NAPI_MODULE(kronflow, init)
