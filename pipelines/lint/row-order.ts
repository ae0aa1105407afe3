import type { TableBatch } from '../../data/sinks/read-table.js';
import type { Findings } from './finding.js';

/** What the rows of every step of a table are. */
export interface Grid {
  readonly table: string;
  readonly layers: number;
  readonly heads: number;
  /** Labels in the order of the rows; null for a table without caches. */
  readonly caches: readonly string[] | null;
  /** Caches that failed and have no rows of this step; asked once a step. */
  readonly gone: (stream: number, step: number) => ReadonlySet<string>;
  /** First step of each stream that has rows; null for a table that counts no steps. */
  readonly firstStep: number | null;
}

/** Looks at rows as they come. */
export interface RowOrder {
  see(batch: TableBatch): void;
  /** Steps of each stream, once all rows were seen. */
  end(): ReadonlyMap<number, number>;
}

interface Stream {
  steps: number;
  pos: number;
}

/**
 * Law L1, with a number a stream as its only memory: the rows of a step follow each other, layer by layer, head by head,
 * cache by cache, each exactly once, and the steps of a stream count up by one. Then no key can come twice.
 */
export function rowOrder(grid: Grid, found: Findings): RowOrder {
  const { table, layers, heads, firstStep } = grid;
  let { caches } = grid;
  let perStep = 0;
  const streams = new Map<number, Stream>();
  let [row, place, lost] = [0, 0, false];
  let open = { stream: 0, step: 0, pos: 0 };

  function broken(message: string): void {
    lost = true; // all that follows is wrong as well, and says nothing new
    found.broken('L1', table, `${table}.parquet, row ${row} (from 0): ${message}`);
  }

  function begin(next: typeof open): void {
    const { steps, pos } = streams.get(next.stream) ?? { steps: 0, pos: -1 };
    streams.set(next.stream, { steps: steps + 1, pos: next.pos });
    if (firstStep !== null && next.step !== firstStep + steps) {
      broken(`step ${next.step} of stream ${next.stream}, where step ${firstStep + steps} must be`);
    } else if (next.pos <= pos) broken(`pos ${next.pos} of stream ${next.stream} after ${pos}`);
    open = next;
    const gone = grid.gone(next.stream, next.step);
    caches = grid.caches?.filter((label) => !gone.has(label)) ?? null;
    perStep = layers * heads * (caches?.length ?? 1);
  }

  return {
    see({ columns, rows }) {
      const of = (name: string) => columns[name]?.values as ArrayLike<number> | undefined;
      const [stream, layer, head] = [of('stream_id')!, of('layer')!, of('head')!];
      const [step, pos, cache] = [
        of('step'),
        of('pos'),
        columns.cache?.values as readonly string[] | undefined,
      ];
      for (let i = 0; i < rows && !lost; i++, row++) {
        const next = { stream: stream[i], step: step?.[i] ?? 0, pos: pos?.[i] ?? step?.[i] ?? 0 };
        if (place === 0) begin(next);
        else if (next.stream !== open.stream || next.step !== open.step || next.pos !== open.pos) {
          broken(`step ${open.step} of stream ${open.stream} has ${place} rows, not ${perStep}`);
        }
        const label = caches?.[place % caches.length];
        const at = Math.floor(place / (caches?.length ?? 1));
        const [expected, seen] = [
          `layer ${Math.floor(at / heads)}, head ${at % heads}${label === undefined ? '' : `, cache ${label}`}`,
          `layer ${layer[i]}, head ${head[i]}${label === undefined ? '' : `, cache ${cache![i]}`}`,
        ];
        if (expected !== seen) broken(`${seen}, where ${expected} must be`);
        place = (place + 1) % perStep;
      }
    },
    end() {
      if (place !== 0 && !lost) broken(`the last step has ${place} rows, not ${perStep}`);
      return new Map([...streams].map(([id, { steps }]) => [id, steps]));
    },
  };
}
