import type { RecordingPiece } from './recording-piece.js';

const MAX_NAMED = 5;

/** What was seen of one part of one layer and head. */
interface Seen {
  readonly first: Float32Array;
  constant: boolean;
  positions: number;
}

/** Notices heads whose vectors are all zero or never change: a recorder that wrote an empty buffer looks like that. */
export function zeroWatch() {
  const seen = new Map<string, Seen>();
  return {
    look(piece: RecordingPiece): void {
      const { positions, layers } = piece;
      for (const [part, values] of Object.entries(piece.vectors)) {
        const q = piece.vectors.q!;
        const d = q.length / (positions * layers * piece.heads);
        const heads = values.length / (positions * layers * d);
        for (let cell = 0; cell < layers * heads; cell++) {
          const name = `${part} of layer ${Math.floor(cell / heads)}, head ${cell % heads}`;
          const at = seen.get(name) ?? {
            first: values.slice(cell * d, (cell + 1) * d),
            constant: true,
            positions: 0,
          };
          seen.set(name, at);
          at.positions += positions;
          if (at.constant) at.constant = isConstant(values, at.first, cell * d, layers * heads * d);
        }
      }
    },
    warnings(): string[] {
      const constant = [...seen].filter(([, { constant, positions }]) => constant && positions > 1);
      const lines = constant.map(([name, { first }]) =>
        first.every((value) => value === 0) ? `${name} is all zero` : `${name} is the same at every position`,
      );
      const more = lines.length - MAX_NAMED;
      return more > 0 ? [...lines.slice(0, MAX_NAMED), `and ${more} more like these`] : lines;
    },
  };
}

function isConstant(values: Float32Array, first: Float32Array, start: number, step: number): boolean {
  for (let at = start; at < values.length; at += step)
    for (let j = 0; j < first.length; j++) if (values[at + j] !== first[j]) return false;
  return true;
}
