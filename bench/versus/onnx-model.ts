// The step as an ONNX model, built byte by byte: protocol buffers are length-prefixed fields, and the whole model has ten
// nodes, so no package is needed. Field numbers are those of onnx.proto.

type Field = readonly [number: number, value: number | string | readonly Field[]];

const FLOAT = 1; // TensorProto.DataType
const [INT, INTS] = [2, 7]; // AttributeProto.AttributeType
const [IR, OPSET] = [7, 12]; // 12: the last in which all reductions take their axes as attributes

const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Field[] = [],
): Field => [1, [...inputs.map((name): Field => [1, name]), [2, output], [4, op], ...attributes]];
const whole = (name: string, value: number): Field => [
  5,
  [
    [1, name],
    [3, value],
    [20, INT],
  ],
];
const axes = (axis: number): Field => [
  5,
  [
    [1, 'axes'],
    [8, axis],
    [20, INTS],
  ],
];
const tensor = (field: 11 | 12, name: string, shape: readonly [number | 'n', number]): Field => [
  field,
  [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, FLOAT],
            [2, shape.map((size): Field => [1, [[size === 'n' ? 2 : 1, size]]])],
          ],
        ],
      ],
    ],
  ],
];

/** softmax((k1 * q)·k2ᵀ) applied to v1 and v2 the smart way, for rows of d numbers and any n. */
export function onnxModel(d: number): Uint8Array {
  const graph: Field[] = [
    node('Mul', ['k1', 'q'], 'y'),
    node('Gemm', ['y', 'k2'], 's', [whole('transB', 1)]),
    node('ReduceMax', ['s'], 'm'),
    node('Sub', ['s', 'm'], 'x'),
    node('Exp', ['x'], 'p'),
    node('ReduceSum', ['p'], 'l'),
    node('MatMul', ['p', 'v2'], 'u'),
    node('Mul', ['u', 'v1'], 'w'),
    node('ReduceSum', ['w'], 'sum', [axes(0)]),
    node('Div', ['sum', 'l'], 'o'),
    [2, 'step'],
    tensor(11, 'q', [1, d]),
    ...['k1', 'k2', 'v1', 'v2'].map((name) => tensor(11, name, ['n', d])),
    tensor(12, 'o', [1, d]),
  ];
  return bytesOf([
    [1, IR],
    [7, graph],
    [
      8,
      [
        [1, ''],
        [2, OPSET],
      ],
    ],
  ]);
}

function bytesOf(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)]);
      const bytes = typeof value === 'string' ? Buffer.from(value) : bytesOf(value);
      return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}
