import Table from 'cli-table3';
import { estimateRun, type RunEstimate } from '../../pipelines/estimate.js';
import type { ResolvedRun } from '../../pipelines/resolve.js';
import { counted, formatBytes } from '../core/format.js';
import { wrapped } from './describe.js';

/** What a run would be, besides what is in its config. */
export interface DryRun {
  readonly resolved: ResolvedRun;
  readonly repeats?: number;
  readonly description?: string | null;
}

/** Print what a run would take, or with `json` the resolved config and the estimate, which `run` takes again. */
export async function showDryRun(
  { resolved, repeats = 1, description = null }: DryRun,
  json: boolean,
): Promise<void> {
  const estimate = await estimateRun(resolved);
  const { config, inputs } = resolved;
  const text = json
    ? JSON.stringify({ config, inputs, repeats, estimate })
    : [
        ...(description === null ? [] : wrapped(description, 0)),
        estimateText(resolved, estimate, repeats),
      ].join('\n');
  process.stdout.write(`${text}\n`);
}

function estimateText({ config }: ResolvedRun, estimate: RunEstimate, repeats: number): string {
  const right = (length: number) => Array<'right'>(length).fill('right');
  const table = new Table({
    head: ['cache', 'resident', 'metadata', 'scratch', 'operations/step'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...right(4)],
  });
  for (const c of estimate.caches) {
    const bytes = [c.resident_bytes, c.metadata_bytes, c.scratch_bytes].map(formatBytes);
    table.push([c.cache, ...bytes, operations(c.flops_per_step)]);
  }
  const { memory_bytes: memory, cache_bytes: held } = estimate;
  const reference = config.reference === 'f64' ? ' with the exact reference' : '';
  return [
    sizeText(config, estimate, repeats),
    table.toString(),
    'the most by each formula, at the end of the run, all heads, layers and streams; operations: of the last step',
    `all caches${reference}: ${formatBytes(held)}; memory to plan for: ${memory === null ? 'unknown' : formatBytes(memory)}`,
    'Nothing was written: leave out --dry-run to run it.',
  ].join('\n');
}

function sizeText({ model, source }: ResolvedRun['config'], estimate: RunEstimate, repeats: number): string {
  const { steps, n, assumed, streams } = estimate;
  const { layers, heads, d, order } = model;
  const length = steps === null ? 'steps unknown before they are read' : `${steps} steps`;
  const taken = assumed
    ? `, taken as n = ${n}`
    : streams > 1
      ? ` in ${streams} streams, n = ${n} at most`
      : '';
  const times = repeats > 1 ? `${repeats} runs of ` : '';
  return `${times}${length}${taken}, source ${source.name}, ${counted(layers, 'layer')} × ${counted(heads, 'head')}, d = ${d}, order ${order}`;
}

/** Floating-point operations for people: `1.05 M`. */
function operations(flops: number): string {
  const power = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(1, flops)) / 3)));
  return power === 0
    ? String(flops)
    : `${(flops / 1000 ** power).toPrecision(3)} ${['', 'k', 'M', 'G'][power]}`;
}
