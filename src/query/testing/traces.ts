import { join } from 'node:path';
import type { RunStart } from '../../../data/schemas/run-file.js';
import { openJournal } from '../../../data/sinks/journal.js';
import { sealTrace } from '../../../data/sinks/seal.js';
import { createTrace } from '../../../data/sinks/trace-folder.js';
import { outputRow, runStart, stepRow } from '../../../data/testing/rows.js';
import type { StepRow, TraceBatch } from '../../core/trace.js';

/** A number between 0 and 1 that tells `i`, and has no pattern. */
const noise = (i: number) => (Math.imul(i + 1, 0x9e3779b1) >>> 0) / 2 ** 32;

/** Rows of two caches, two heads and two streams, `steps` steps each; what they hold grows and shrinks. */
export function traceBatches(steps: number, seed = 0): readonly TraceBatch[] {
  return Array.from({ length: 2 * steps }, (_, s) => {
    const [stream_id, step] = [s % 2, Math.floor(s / 2)];
    const rows = ['full', 'lossy'].flatMap((cache, c) =>
      [0, 1].map((head) => tellingRow({ stream_id, step, head, cache }, seed + 8 * s + 2 * c + head)),
    );
    const outputs = rows.map((row, i) => ({ ...row, output: outputRow(i, runStart.d).output }));
    const events = step === 1 ? [{ t_ns: s, kind: 'test', stream_id, step, message: "it's" }] : [];
    return { steps: rows, outputs, events };
  });
}

/** Write and seal a trace; returns its folder. */
export async function writeTrace(
  folder: string,
  name: string,
  batches: readonly TraceBatch[],
  start: Partial<RunStart> = {},
): Promise<string> {
  const dir = join(folder, name);
  const caches = [{ name: 'four-cache', label: 'full', options: {} }, { name: 'window', label: 'lossy', options: { size: 8 } }]; // prettier-ignore
  await createTrace(dir, {
    ...runStart,
    config: { tokens: 8, model: { d: 4, T: 1, t: 2 }, caches },
    ...start,
  });
  const clock = { now: () => 0 };
  const journal = await openJournal(dir, { d: runStart.d, order: 'tensor', clock });
  for (const batch of batches) await journal.write(batch);
  await journal.close();
  await sealTrace(dir, { status: 'complete' });
  return dir;
}

function tellingRow(key: Pick<StepRow, 'stream_id' | 'step' | 'head' | 'cache'>, i: number): StepRow {
  const [lossy, prefill] = [key.cache === 'lossy', key.step < 2];
  return {
    ...{ ...stepRow(4), ...key, layer: 0, pos: key.step, token_id: i, prefill },
    ...{ resident_bytes: Math.floor(noise(i) * 1e6), metadata_bytes: Math.floor(noise(i + 0.5) * 1e6) },
    ...{ scratch_bytes: lossy ? Math.floor(noise(7 * i) * 1e5) : 0 },
    ...{
      err_rel_l2: prefill ? null : lossy ? noise(3 * i) : 0,
      lost_mass: lossy && !prefill ? noise(i) : null,
    },
    ...{ within_bound: lossy && !prefill ? i % 3 > 0 : null, out_of_range: lossy ? i % 5 === 0 : null },
    ...{ score_std: prefill ? null : 1 + noise(i), t_ns: 1e6 * key.step + 2e5 * key.stream_id },
    ...{
      update_ns: 1e3 * noise(i),
      plan_ns: lossy ? 5e2 : null,
      attend_ns: prefill ? null : 1e5 * noise(2 * i),
    },
    ...{ queue_ns: prefill ? null : 2e3, reference_ns: null },
  };
}
