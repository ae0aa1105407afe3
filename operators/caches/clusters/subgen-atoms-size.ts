import { z } from 'zod';
import type { CacheParts, Size, SizeInput } from '../../../src/core/cache.js';
import { Failure } from '../../../src/core/failure.js';
import { parseBudget, type Budget } from '../keeping/budget.js';
import { firstOrderFlops } from './first-order.js';
import { gridFlops, rowsFlops } from '../keeping/flops.js';
import { sideBudgets } from '../keeping/side-budgets.js';
import { sideCount } from '../keeping/sides.js';

/** Options of `subgen-atoms`. */
export const subgenAtomsOptions = z.object({
  ...sideBudgets,
  window: z
    .int()
    .nonnegative()
    .default(16)
    .describe('most recent tokens kept exactly, per side, of the budget'),
  atoms: z
    .enum(['centroids', 'samples'])
    .default('centroids')
    .describe('what stands for a cluster: its means, or entries drawn from it'),
  t: z.int().positive().default(4).describe('entries drawn per cluster, where atoms = samples'),
  moments: z
    .boolean()
    .default(false)
    .describe('correct values to first order in the scatter of clusters: d² numbers per centroid'),
  gamma: z
    .number()
    .gt(1)
    .default(1.2)
    .describe('factor by which the radius of clusters grows when there are too many'),
});

/** The options, checked. */
export type SubgenAtomsOptions = z.output<typeof subgenAtomsOptions>;

/** What one side may hold after n tokens. Both never fall; the window grows by at most 1 a token. */
export interface Allowed {
  window(n: number): number;
  clusters(n: number): number;
}

/** Numbers that a token of the window takes, and a cluster with what it keeps. */
function numbersHeld({ atoms, t, moments }: SubgenAtomsOptions, d: number) {
  const window = { resident: 2 * d, metadata: 1 }; // ln of weight 1
  const count = 3; // two digits, and whether it took over another cluster
  const cluster =
    atoms === 'samples'
      ? { resident: d + 2 * t * d, metadata: count + 2 * t } // weight and owner of a sample
      : { resident: 3 * d + (moments ? d * d : 0), metadata: count + 1 };
  return { window, cluster };
}

/**
 * How a budget is divided: `window` entries, and as many clusters as the rest allows, at least one. A share of the
 * tokens seen fills the clusters first, so that what is kept stays within it from the start.
 */
export function allowedOf(
  options: SubgenAtomsOptions,
  given: Budget,
  { d, bytesPerNumber }: Pick<CacheParts, 'd' | 'bytesPerNumber'>,
): Allowed {
  const perCluster = options.atoms === 'samples' ? options.t : 1;
  const { window, cluster } = numbersHeld(options, d);
  const bytesOf = ({ resident, metadata }: { resident: number; metadata: number }) =>
    (resident + metadata) * bytesPerNumber;
  if (given.unit === 'ratio') {
    const atoms = (n: number) => Math.floor(given.amount * n + 1e-9);
    const windowAt = (n: number) => Math.min(options.window, Math.max(0, atoms(n) - perCluster));
    return {
      window: windowAt,
      clusters: (n) => Math.max(1, Math.floor((atoms(n) - windowAt(n)) / perCluster)),
    };
  }
  const clusters =
    given.unit === 'tokens'
      ? Math.floor((given.amount - options.window) / perCluster)
      : Math.floor((given.amount - options.window * bytesOf(window)) / bytesOf(cluster));
  return { window: () => options.window, clusters: () => clusters };
}

/** What each side of the order may hold. */
export function allowedSides(
  options: SubgenAtomsOptions,
  parts: Pick<CacheParts, 'd' | 'order' | 'bytesPerNumber'>,
): readonly Allowed[] {
  const { size, size2 = size } = options;
  const inputs = parts.order === 'tensor' ? [size, size2] : [size];
  return inputs.map((input) => allowedOf(options, parseBudget(input), parts));
}

/**
 * Refuse options that contradict each other, and budgets without room for the window and one cluster.
 * @throws Failure `bad-option`
 */
export function refuseImpossible(
  options: SubgenAtomsOptions,
  parts: Pick<CacheParts, 'd' | 'order' | 'bytesPerNumber'>,
): void {
  if (options.moments && options.atoms === 'samples') {
    throw new Failure(
      'bad-option',
      'cache subgen-atoms: moments = true needs atoms = centroids: samples stand for themselves',
      'leave out moments, or atoms',
    );
  }
  allowedSides(options, parts).forEach(({ clusters }, i) => {
    if (clusters(0) >= 1) return;
    const { window, cluster } = numbersHeld(options, parts.d);
    const least = options.window + (options.atoms === 'samples' ? options.t : 1);
    const numbers =
      options.window * (window.resident + window.metadata) + cluster.resident + cluster.metadata;
    throw new Failure(
      'bad-option',
      `cache subgen-atoms: side ${i + 1} has no room for a window of ${options.window} and one cluster`,
      `give at least ${least} tokens or ${numbers * parts.bytesPerNumber}B, or a smaller window`,
    );
  });
}

/** Options of centroids that keep within `bytes`: half for each side, of which the window takes a quarter at most. */
export function subgenAtomsWithin(
  bytes: number,
  shape: Pick<CacheParts, 'd' | 'order' | 'bytesPerNumber'>,
): { readonly size: string; readonly window: number } | null {
  const defaults = subgenAtomsOptions.parse({});
  const perSide = Math.floor(bytes / sideCount(shape.order));
  if (perSide < 1) return null;
  const { window: token } = numbersHeld(defaults, shape.d);
  const tokenBytes = (token.resident + token.metadata) * shape.bytesPerNumber;
  const found = {
    size: `${perSide}B`,
    window: Math.min(defaults.window, Math.floor(perSide / 4 / tokenBytes)),
  };
  const [{ clusters }] = allowedSides({ ...defaults, ...found }, shape);
  return clusters(0) >= 1 ? found : null;
}

/** What the census says is held; without one, the most that n tokens can take. */
export function subgenAtomsSize(input: SizeInput, options: SubgenAtomsOptions): Size {
  const { n, d, order, bytesPerNumber, census } = input;
  const sides = allowedSides(options, input).map((allowed, i) => {
    const window = Math.min(n, allowed.window(n));
    const kept = census && (i === 0 ? census.kept1 : census.kept2);
    const clusters = census
      ? ((i === 0 ? census.clusters1 : census.clusters2) ?? 0)
      : Math.min(n - window, allowed.clusters(n));
    const most = options.atoms === 'samples' ? Math.min(n - window, options.t * clusters) : clusters;
    return { window, clusters, atoms: kept ?? window + most };
  });
  const [one, two = { window: 0, clusters: 0, atoms: order === 'tensor' ? 0 : 1 }] = sides;
  const pairs = options.moments ? one.atoms * two.atoms : 0;
  const own = firstOrderFlops(d, [one.atoms, one.clusters], [two.atoms, two.clusters]);
  let [resident, metadata] = [0, 0];
  for (const { window, clusters, atoms } of sides) {
    // a leader, a count and a flag per cluster; atoms with a weight; samples also with an owner
    resident += clusters * d * (1 + (options.moments ? d : 0)) + 2 * atoms * d;
    metadata += 3 * clusters + atoms + (options.atoms === 'samples' ? atoms - window : 0);
  }
  return {
    residentBytes: resident * bytesPerNumber,
    metadataBytes: metadata * bytesPerNumber,
    scratchBytes: pairs * (2 * d + 1) * bytesPerNumber,
    flops: options.moments
      ? rowsFlops(pairs, d) + own
      : order === 'tensor'
        ? gridFlops(one.atoms, two.atoms, d)
        : rowsFlops(one.atoms, d),
  };
}
