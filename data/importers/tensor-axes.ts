import { Failure } from '../../src/core/failure.js';
import { didYouMean } from '../../src/core/nearest.js';
import type { NamedPart } from './tensor-names.js';
import { badInput, type Tensor } from './tensor.js';

/** What an axis of a tensor counts. */
export type Axis = 'stream' | 'layer' | 'head' | 'pos' | 'd';

/** Axes as users write them; `head*d` is both in one, as a projection leaves them. */
const NAMES = ['stream', 'layer', 'head', 'pos', 'd', 'head*d'] as const;
type AxisName = (typeof NAMES)[number];

/** Axes of tensors that nobody describes, by how many they have. [stream, head, pos, d] is what models cache. */
const USUAL: Readonly<Record<number, readonly AxisName[]>> = {
  2: ['pos', 'd'],
  3: ['head', 'pos', 'd'],
  4: ['stream', 'head', 'pos', 'd'],
  5: ['layer', 'stream', 'head', 'pos', 'd'],
};

/** A tensor as a box of (stream, layer, head, pos, d): sizes, and numbers between neighbours. */
export interface View {
  readonly tensor: Tensor;
  readonly named: NamedPart;
  readonly size: Readonly<Record<Axis, number>>;
  readonly stride: Readonly<Record<Axis, number>>;
}

/**
 * Read `--axes`, e.g. `pos,head,d` or `stream,pos,head*d`.
 * @throws Failure `bad-option` for an unknown axis, one that stands twice, or none for pos or d
 */
export function parseAxes(text: string): readonly AxisName[] {
  const axes = text.split(',').map((name) => name.trim());
  const fail = (what: string, hint = `axes: ${NAMES.join(', ')}`) =>
    new Failure('bad-option', `--axes ${text}: ${what}`, hint);
  for (const name of axes)
    if (!(NAMES as readonly string[]).includes(name))
      throw fail(`"${name}" is no axis`, didYouMean(name, NAMES));
  const single = axes.flatMap((name) => name.split('*'));
  if (new Set(single).size < single.length) throw fail('an axis stands twice');
  if (!single.includes('pos') || !single.includes('d')) throw fail('pos and d are needed');
  return axes as AxisName[];
}

/**
 * Give the axes of a tensor their meaning. `d` splits `head*d`.
 *
 * @throws Failure `bad-input` for a tensor of another number of axes, an empty one, one that is no floats, and an
 * index that both the name and an axis give
 */
export function viewOf(
  tensor: Tensor,
  named: NamedPart,
  axes: readonly AxisName[] | null,
  d: number | null,
): View {
  const { path, name, shape, strides } = tensor;
  const fail = (what: string, hint: string) => badInput(path, `tensor ${name} ${what}`, hint);
  if (tensor.type === null)
    throw fail(`holds ${tensor.typeName}`, 'save it as float32, float16, bfloat16 or float64');
  const shown = `[${shape.join(', ')}]`;
  const given = axes ?? usualAxes(shape.length, named);
  if (given === undefined || given.length !== shape.length)
    throw fail(`has ${shape.length} axes, ${shown}`, 'say what they are, e.g. --axes pos,head,d');
  if (shape.includes(0)) throw fail(`is empty, ${shown}`, 'record at least one step');
  const size: Record<Axis, number> = { stream: 1, layer: 1, head: 1, pos: 1, d: 1 };
  const stride: Record<Axis, number> = { stream: 0, layer: 0, head: 0, pos: 0, d: 0 };
  given.forEach((axis, i) => {
    if (axis !== 'head*d') {
      [size[axis], stride[axis]] = [shape[i], strides[i]];
      return;
    }
    if (d === null)
      throw fail(`has head and d in one axis of ${shape[i]}`, 'say how long a head is with --d');
    if (shape[i] % d !== 0)
      throw fail(`has ${shape[i]} numbers per position, no multiple of d = ${d}`, 'correct --d');
    [size.d, stride.d] = [d, strides[i]];
    [size.head, stride.head] = [shape[i] / d, strides[i] * d];
  });
  for (const index of ['stream', 'layer', 'head'] as const)
    if (named[index] !== null && given.some((axis) => axis.split('*').includes(index)) && size[index] > 1)
      throw fail(
        `has its ${index} in its name and an axis of ${size[index]} ${index}s`,
        'correct --map or --axes',
      );
  return { tensor, named, size, stride };
}

/** A name that says the head leaves one axis less. */
function usualAxes(count: number, { head }: NamedPart): readonly AxisName[] | undefined {
  if (head === null || count < 3) return USUAL[count];
  return USUAL[count + 1]?.filter((axis) => axis !== 'head');
}
