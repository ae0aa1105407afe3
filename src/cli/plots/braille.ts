/** Dots in cells of braille, two wide and four high; (0, 0) is the lower left dot. */
export interface Canvas {
  /** Columns and rows of characters. */
  readonly width: number;
  readonly height: number;
  /** Draw a line between two dots, in pen `pen`; what is outside is left out. */
  line(from: Dot, to: Dot, pen: number): void;
  /** Rows from the top; a cell has its character and the pen that came last, null where nothing was drawn. */
  rows(): readonly (readonly Cell[])[];
}

/** Column and row of a dot, whole numbers. */
export type Dot = readonly [x: number, y: number];

/** One character of a canvas. */
export interface Cell {
  readonly text: string;
  readonly pen: number | null;
}

// Bit of the dot in row y (from the top) and column x of a cell, as Unicode numbers them.
const BITS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];

/** An empty canvas of so many characters. */
export function brailleCanvas(width: number, height: number): Canvas {
  const dots = new Uint8Array(width * height);
  const pens = new Int32Array(width * height).fill(-1);
  const set = (x: number, y: number, pen: number) => {
    if (x < 0 || y < 0 || x >= 2 * width || y >= 4 * height) return;
    const fromTop = 4 * height - 1 - y;
    const cell = (fromTop >> 2) * width + (x >> 1);
    dots[cell] |= BITS[2 * (fromTop & 3) + (x & 1)];
    pens[cell] = pen;
  };
  const line = ([x0, y0]: Dot, [x1, y1]: Dot, pen: number) => {
    const length = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
    for (let i = 0; i <= length; i++)
      set(Math.round(x0 + ((x1 - x0) * i) / length), Math.round(y0 + ((y1 - y0) * i) / length), pen);
  };
  const cellAt = (i: number): Cell =>
    dots[i] === 0 ? { text: ' ', pen: null } : { text: String.fromCodePoint(0x2800 + dots[i]), pen: pens[i] };
  const rows = () =>
    Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => cellAt(row * width + column)),
    );
  return { width, height, line, rows };
}
