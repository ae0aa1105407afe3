import type { Job } from '../src/core/plan.js';
import type { Answer, AttendRequest } from '../src/core/pool.js';
import { TILINGS, type KernelName } from './kernels/kernel.js';
import { PARTIAL } from './kernels/partial.js';
import { mergePartials, multiplyAnswers } from './merge.js';
import { cutTiles, tileCount, type Work } from './tiles.js';

/** Do all tiles of the works, at least one; returns the partial of each tile, by tile number. */
export type TileRunner = (works: readonly Work[]) => Promise<(tile: number) => Float64Array>;

/**
 * Answer the requests of one step: first every product tile, then every attention and measuring tile, then merge in order.
 * How tiles are run is the pool's business; that they give the same answers everywhere is decided here.
 */
export async function answerStep(
  requests: readonly AttendRequest[],
  runTiles: TileRunner,
  kernel: KernelName,
  now: () => number,
): Promise<readonly Answer[]> {
  const submitted = now();
  const products = cutTiles(
    requests.flatMap((request) => (request.plan.prepare ?? []).map((job) => ({ request, job }))),
    kernel,
  );
  const prepared = (await partialsOf(products, runTiles)).map((list) =>
    list.map((partial) => partial.slice() as Float64Array),
  );
  const works = cutTiles(
    requests.flatMap((request) => {
      const { jobs, measure = [] } = request.plan;
      return [...jobs, ...measure].map((job) => ({
        request,
        job,
        left: request.precise ? 1 : shareLeft(job, products, prepared, kernel),
      }));
    }),
    kernel,
  );
  const partials = await partialsOf(works, runTiles); // lie where those of the products lay
  let [product, work] = [0, 0];
  return requests.map(({ d, plan }) => {
    const costs = prepared.slice(product, (product += plan.prepare?.length ?? 0)).flat();
    const tiles = plan.jobs.map(({ role }) => partials[work++].map((partial) => ({ role, partial })));
    (plan.measure ?? []).forEach(() => costs.push(...partials[work++]));
    const answer =
      plan.combine === 'product'
        ? multiplyAnswers(tiles.map((own, i) => mergePartials(d, own, i === 0 ? costs : [], submitted)))
        : mergePartials(d, tiles.flat(), costs, submitted);
    return { ...answer, flops: answer.flops + (plan.flops ?? 0) };
  });
}

/** The share of a job that is left after skipping, as its bounds say: it depends on keys and kernel, never on threads. */
function shareLeft(
  job: Job,
  products: readonly Work[],
  prepared: readonly (readonly Float64Array[])[],
  kernel: KernelName,
): number {
  const skip = job.kind === 'grid' || job.kind === 'rows' ? job.skip : undefined;
  if (skip === undefined || !TILINGS[kernel].skips) return 1;
  const bounds = products.findIndex((work) => work.job.kind === 'bounds' && work.job.skip === skip);
  if (bounds < 0) return 1;
  return prepared[bounds].reduce((sum, partial) => sum + partial[PARTIAL.l], 0) / skip.bounds.count;
}

/** The partials of each work, in the order of its tiles. */
async function partialsOf(works: readonly Work[], runTiles: TileRunner): Promise<Float64Array[][]> {
  if (tileCount(works) === 0) return works.map(() => []);
  const partialOf = await runTiles(works);
  return works.map(({ firstTile, tiles }) =>
    Array.from({ length: tiles }, (_, t) => partialOf(firstTile + t)),
  );
}
