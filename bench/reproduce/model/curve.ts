import { openThreads } from '../../../workers/open-threads.js';
import type { Entrant } from './field.js';
import type { Measured, MeasureData, MeasureWork } from './measure.task.js';

/** A model's weights: as trained, or pruned. */
export interface Weights {
  /** Of model, method and ratio. */
  readonly key: string;
  readonly model: string;
  /** Null: dense. */
  readonly pruned: { readonly method: string; readonly ratio: number } | null;
}

/** One cache in one model. */
export interface Point extends Measured {
  readonly weights: Weights;
  readonly entrant: Entrant;
}

const THREADS = 2;

/** Measure all caches in all models, on threads that each take the next. Results are in the order asked, whoever made them. */
export async function measureAll(
  asked: readonly { readonly weights: Weights; readonly entrant: Entrant }[],
  data: MeasureData,
): Promise<readonly Point[]> {
  const task = new URL('./measure.task.js', import.meta.url);
  const threads = openThreads<MeasureWork, Measured>(task, THREADS, data);
  let done = 0;
  try {
    return await Promise.all(
      asked.map(async ({ weights, entrant }) => {
        const measured = await threads.run({ weights: weights.key, entrant });
        const what = `${weights.key} ${entrant.name} ${JSON.stringify(entrant.options)}`;
        console.error(`model: ${++done}/${asked.length} ${what}: ${measured.seconds.toFixed(1)} s`);
        return { weights, entrant, ...measured };
      }),
    );
  } finally {
    await threads.close();
  }
}
