import type { RunFile } from '../../data/schemas/run-file.js';
import type { TableBatch } from '../../data/sinks/read-table.js';
import type { Config } from '../config.js';
import type { Findings } from './finding.js';

/**
 * What law L1 leaves to say of measures, which not every step has: rows of a step stand together, steps of a stream only count
 * up, no key comes twice, and layer, head and cache are of this run. Memory: the keys of one step.
 */
export function measureOrder({ layers, heads }: RunFile, { caches }: Config, found: Findings) {
  const labels = new Set(caches.map(({ label }) => label));
  const latest = new Map<number, number>();
  let [row, open] = [0, ''];
  let keys = new Set<string>();

  function look(key: readonly (number | string | null)[], stream: number, step: number): string | null {
    const [, layer, head, cache] = key;
    if (`${stream}/${step}` !== open) {
      if (step <= (latest.get(stream) ?? -1))
        return `step ${step} of stream ${stream} comes again, or after a later one`;
      [open, keys] = [`${stream}/${step}`, new Set()];
      latest.set(stream, step);
    }
    if (!(Number(layer) < layers && Number(head) < heads))
      return `layer ${layer}, head ${head}: the run has none such`;
    if (cache !== null && !labels.has(cache as string)) return `cache ${cache} is not one of this run`;
    const text = JSON.stringify(key);
    if (keys.has(text)) return `${text} comes twice`;
    keys.add(text);
    return null;
  }

  return {
    see({ columns, rows }: TableBatch) {
      const at = (name: string, i: number) =>
        columns[name].valid?.[i] === 0 ? null : (columns[name].values[i] as number | string);
      for (let i = 0; i < rows; i++, row++) {
        const key = ['stream_id', 'layer', 'head', 'cache', 'name', 'x'].map((name) => at(name, i));
        const broken = look(key, at('stream_id', i) as number, at('step', i) as number);
        if (broken !== null)
          found.broken('L1', 'measures', `measures.parquet, row ${row} (from 0): ${broken}`);
      }
    },
    end: () => undefined,
  };
}
