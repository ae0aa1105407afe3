import { Option } from 'commander';
import type { SnapshotEvery } from '../../pipelines/snapshot-pace.js';
import { KERNELS } from '../../workers/kernels/kernel.js';
import { natural, parseSpeed } from './flag-parsers.js';

// Options that mean the same in several commands.

/** What computes attention. */
export function kernelFlag(): Option {
  return new Option('--kernel <name>', 'attention kernel').choices(['auto', ...KERNELS]).default('auto');
}

/** Whether times are kept. */
export function timingsFlag(): Option {
  return new Option('--timings <on|off>', 'off: no times, so that equal runs are equal files')
    .choices(['on', 'off'])
    .default('on');
}

/** How often a run leaves a snapshot, from which `resume` goes on. */
export function snapshotFlag(): Option {
  return new Option('--snapshot-every <k>', 'steps between snapshots for `kronflow resume`; 0: none')
    .argParser((text): SnapshotEvery => (text === 'auto' ? text : natural('--snapshot-every')(text)))
    .default('auto', 'auto: at most 5 % of the time');
}

/** Whether steps wait for their times. */
export function speedFlag(): Option {
  const says = 'max, or 1x, 10x, …: wait for the times of a recording (column t_ns) or of a request log';
  return new Option('--speed <speed>', says).argParser(parseSpeed).default('max');
}
