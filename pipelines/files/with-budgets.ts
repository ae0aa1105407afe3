import { Failure } from '../../src/core/failure.js';
import { inPart } from '../../src/core/part.js';
import { fieldOf, type AskedCache } from '../compare.js';
import type { Config } from '../config.js';
import { labelCaches } from '../label-caches.js';
import type { Registry } from '../registry.js';
import type { RunRequest } from '../resolve.js';
import type { Origin } from './explain.js';
import { bytesOf, type PipelineFile } from './file-schema.js';

/** Caches of a request, and the place in the file that each comes from. */
export interface Budgeted {
  readonly caches: readonly AskedCache[];
  readonly origins: readonly Origin[];
}

/**
 * Every cache that has a budget at every budget of the file, labelled `name@16KiB`; the others once. A file with budgets and
 * no caches means all that have one. `model` is asked only where there are budgets: it may have to be read from a recording.
 *
 * @throws Failure `bad-option` for a cache that cannot be so small
 */
export async function withBudgets(
  { budgets }: PipelineFile,
  request: RunRequest,
  registry: Registry,
  model: () => Promise<Config['model']>,
): Promise<Budgeted> {
  const caches = labelCaches(request.caches, registry);
  if (budgets === undefined) return { caches, origins: caches.map(({ label }, index) => ({ label, index })) };
  if (request.allocate !== undefined) inPart(['allocate'], refuseBoth);
  const shape = { ...(await model()), bytesPerNumber: 4 };
  const { contenders } = inPart(['budgets'], () =>
    fieldOf(caches, budgets.map(bytesOf), shape, { registry, lines: [] }),
  );
  return {
    caches: contenders.map(({ name, label, options }) => ({ name, label, options })),
    origins: contenders.map(({ label, asked }) => ({ label, index: caches.indexOf(asked) })),
  };
}

function refuseBoth(): never {
  throw new Failure(
    'bad-option',
    'allocate and budgets: each says how much every head of a cache keeps',
    'leave out budgets for one budget that layers and heads share, or allocate for the same budget for each of them',
  );
}
