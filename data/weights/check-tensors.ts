import { nearest } from '../../src/core/nearest.js';
import { badWeights, type SafetensorsFile } from './safetensors.js';

/** What messages say of shapes and of missing tensors. */
export interface ShapeWords {
  /** What the shapes follow from. */
  readonly rule: string;
  /** Which tensors such a file needs. */
  readonly needs: string;
}

/**
 * Check that a file has these tensors in these shapes; others may be there.
 * @throws Failure `bad-weights` naming the tensor that is missing or has another shape
 */
export function checkShapes(
  { path, tensors }: SafetensorsFile,
  wanted: ReadonlyMap<string, readonly number[]>,
  { rule, needs }: ShapeWords,
): void {
  for (const [name, shape] of wanted) {
    const found = tensors.get(name);
    if (found === undefined)
      throw badWeights(path, `tensor ${name} is missing`, nearHint(name, wanted, [...tensors.keys()], needs));
    if (found.shape.length === shape.length && found.shape.every((size, i) => size === shape[i])) continue;
    const [has, wants] = [found.shape, shape].map((sizes) => `[${sizes.join(', ')}]`);
    throw badWeights(path, `tensor ${name} has shape ${has}, wanted ${wants}`, rule);
  }
}

/** The nearest tensors that nobody else asks for; a model has too many to list. */
function nearHint(
  name: string,
  wanted: ReadonlyMap<string, unknown>,
  present: readonly string[],
  needs: string,
): string {
  const spare = present.filter((other) => !wanted.has(other));
  const near = nearest(name, spare).slice(0, 3);
  if (near.length === 0) return `the file has ${present.length} tensors; ${needs}`;
  return `the nearest of the ${present.length} tensors: ${near.join(', ')}`;
}

/**
 * The numbers of a matrix, row by row.
 * @throws Failure `bad-weights` naming tensor, row and column of what is no number
 */
export async function readFinite(file: SafetensorsFile, name: string): Promise<Float32Array> {
  const values = await file.read(name);
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return values;
  const columns = file.tensors.get(name)!.shape[1];
  throw badWeights(
    file.path,
    `tensor ${name} holds ${values[at]} at [${Math.floor(at / columns)}, ${at % columns}]`,
    'weights must be finite',
  );
}
