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

static napi_value init(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "choose", NAPI_AUTO_LENGTH, choose, NULL, &function);
  napi_set_named_property(env, exports, "choose", function);
  napi_create_function(env, "tile", NAPI_AUTO_LENGTH, tile, NULL, &function);
  napi_set_named_property(env, exports, "tile", function);
  napi_create_function(env, "multiply", NAPI_AUTO_LENGTH, multiply, NULL, &function);
  napi_set_named_property(env, exports, "multiply", function);
  return exports;
}

NAPI_MODULE(kronflow, init)
