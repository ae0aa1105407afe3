import { z } from 'zod';
import { Failure } from '../../src/core/failure.js';

const BYTES = { F32: 4, F16: 2, BF16: 2 } as const;
const entry = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** Where a tensor lies: bytes `begin` to `end` after the header. */
export interface TensorInfo {
  readonly dtype: keyof typeof BYTES;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a header says. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** `__metadata__`: words that whoever wrote the file left; none where there are none. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Read a safetensors header whose tensors lie in `dataBytes` bytes.
 *
 * @throws Failure `bad-weights` naming the tensor and the rule it breaks
 */
export function parseHeader(path: string, text: string, dataBytes: number): SafetensorsHeader {
  const fail = (what: string, hint = 'this is no safetensors file, or it is damaged', cause?: unknown) =>
    new Failure('bad-weights', `${path}: ${what}`, hint, { cause });
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw fail('its header is no JSON', undefined, error);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw fail('its header is no JSON object');
  const tensors = new Map<string, TensorInfo>();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const parsed = entry.safeParse(value);
    if (!parsed.success) throw fail(`tensor ${name}: the header needs dtype, shape and data_offsets`);
    const {
      dtype,
      shape,
      data_offsets: [begin, end],
    } = parsed.data;
    if (!Object.hasOwn(BYTES, dtype))
      throw fail(
        `tensor ${name} has dtype ${dtype}`,
        `known dtypes: ${Object.keys(BYTES).join(', ')}; convert it`,
      );
    const info = { dtype: dtype as TensorInfo['dtype'], shape, begin, end };
    if (end > dataBytes || begin > end)
      throw fail(`tensor ${name} lies at bytes ${begin} to ${end}, but there are ${dataBytes}`);
    const needed = shape.reduce((product, size) => product * size, BYTES[info.dtype]);
    if (needed !== end - begin)
      throw fail(
        `tensor ${name} of shape [${shape.join(', ')}] needs ${needed} bytes, but has ${end - begin}`,
      );
    tensors.set(name, info);
  }
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  inOrder.slice(1).forEach(([name, { begin }], i) => {
    const [before, { end }] = inOrder[i];
    if (begin < end) throw fail(`tensors ${before} and ${name} overlap at byte ${begin}`);
  });
  return { tensors, metadata: metadataOf(header) };
}

/** Other readers take strings alone; what is none is left out, as nothing of ours wrote it. */
function metadataOf({ __metadata__: said }: { __metadata__?: unknown }): ReadonlyMap<string, string> {
  const entries = typeof said === 'object' && said !== null ? Object.entries(said) : [];
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
