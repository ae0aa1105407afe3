// N-API face of kernels.c: two functions, on memory that JavaScript shares with its threads. Nothing is copied.
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

static napi_value init(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "choose", NAPI_AUTO_LENGTH, choose, NULL, &function);
  napi_set_named_property(env, exports, "choose", function);
  napi_create_function(env, "tile", NAPI_AUTO_LENGTH, tile, NULL, &function);
  napi_set_named_property(env, exports, "tile", function);
  return exports;
}

NAPI_MODULE(kronflow, init)
