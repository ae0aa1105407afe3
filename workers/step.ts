import type { Job, TaskJob } from '../src/core/plan.js';
import type { Failure } from '../src/core/failure.js';
import { TaskFailure, type Answer, type AttendRequest } from '../src/core/pool.js';
import { TILINGS, type KernelName } from './kernels/kernel.js';
import { PARTIAL } from './kernels/partial.js';
import { mergePartials, multiplyAnswers } from './merge.js';
import { cutTiles, tileCount, type Work } from './tiles.js';

/** The partial of a tile, by its number, for a head of size d. Holds until more tiles are run. */
export type PartialOf = (tile: number, d: number) => Float64Array;

/** Do all tiles of the works, at least one. No promise where nothing has to be waited for: a small step is no longer than one. */
export type TileRunner = (works: readonly Work[]) => PartialOf | Promise<PartialOf>;

/** What a step is answered with. */
export interface StepParts {
  readonly runTiles: TileRunner;
  readonly kernel: KernelName;
  readonly now: () => number;
  /** Why the task of a plug-in failed on rows [from, to). */
  failureOf(request: AttendRequest, job: TaskJob, from: number, to: number): Failure;
}

/**
 * Answer the requests of one step: first every product tile, then every attention and measuring tile, then merge in order.
 * How tiles are run is the pool's business; that they give the same answers everywhere is decided here.
 * @throws TaskFailure
 */
export async function answerStep(
  requests: readonly AttendRequest[],
  { runTiles, kernel, now, failureOf }: StepParts,
): Promise<readonly Answer[]> {
  const submitted = now();
  const products = cutTiles(prepareJobs(requests), kernel);
  const prepared = products.length === 0 ? [] : copies(await partialsOf(products, runTiles));
  const works = cutTiles(answerJobs(requests, products, prepared, kernel), kernel);
  const running = partialsOf(works, runTiles); // lie where those of the products lay
  const partials = running instanceof Promise ? await running : running;
  works.forEach((done, i) => refuseFailed(requests, done, partials[i], failureOf));
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

/** Of several tiles that failed the first counts, so that every pool throws the same. */
function refuseFailed(
  requests: readonly AttendRequest[],
  { request, job, tileRows, rows }: Work,
  partials: readonly Float64Array[],
  failureOf: StepParts['failureOf'],
): void {
  if (job.kind !== 'task') return; // where NaN may be an answer
  const failed = partials.findIndex((partial) => Number.isNaN(partial[PARTIAL.l]));
  if (failed < 0) return;
  const from = failed * tileRows;
  const failure = failureOf(request, job, from, Math.min(rows, from + tileRows));
  throw new TaskFailure(requests.indexOf(request), failure);
}

/** The share of a job that is left after skipping, as its bounds say: it depends on keys and kernel, never on threads. */
function shareLeft(job: Job, products: readonly Work[], prepared: Partials, kernel: KernelName): number {
  const skip = job.kind === 'grid' || job.kind === 'rows' ? job.skip : undefined;
  if (skip === undefined || !TILINGS[kernel].skips) return 1;
  const bounds = products.findIndex((work) => work.job.kind === 'bounds' && work.job.skip === skip);
  if (bounds < 0) return 1;
  return prepared[bounds].reduce((sum, partial) => sum + partial[PARTIAL.l], 0) / skip.bounds.count;
}

interface AskedJob {
  readonly request: AttendRequest;
  readonly job: Job;
  readonly left?: number;
}

function prepareJobs(requests: readonly AttendRequest[]): readonly AskedJob[] {
  const jobs: AskedJob[] = [];
  for (const request of requests) for (const job of request.plan.prepare ?? []) jobs.push({ request, job });
  return jobs;
}

/** Loops, not flatMap: of a small step it took a tenth. */
function answerJobs(
  requests: readonly AttendRequest[],
  products: readonly Work[],
  prepared: Partials,
  kernel: KernelName,
): readonly AskedJob[] {
  const jobs: AskedJob[] = [];
  const add = (request: AttendRequest, job: Job) => {
    const left = request.precise ? 1 : shareLeft(job, products, prepared, kernel);
    jobs.push({ request, job, left });
  };
  for (const request of requests) {
    for (const job of request.plan.jobs) add(request, job);
    for (const job of request.plan.measure ?? []) add(request, job);
  }
  return jobs;
}

type Partials = readonly (readonly Float64Array[])[];

/** The partials of each work, in the order of its tiles. */
function partialsOf(works: readonly Work[], runTiles: TileRunner): Partials | Promise<Partials> {
  if (tileCount(works) === 0) return works.map(() => []);
  const partialOf = runTiles(works);
  return partialOf instanceof Promise
    ? partialOf.then((ready) => listPartials(works, ready))
    : listPartials(works, partialOf);
}

function listPartials(works: readonly Work[], partialOf: PartialOf): Partials {
  return works.map(({ firstTile, tiles, request: { d } }) => {
    const list: Float64Array[] = [];
    for (let t = 0; t < tiles; t++) list.push(partialOf(firstTile + t, d));
    return list;
  });
}

function copies(partials: Partials): Partials {
  return partials.map((list) => list.map((partial) => partial.slice()));
}
