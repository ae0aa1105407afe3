import type { CacheTimed } from './forms.js';
import type { Parts } from './parts.js';
import type { Peaks } from './peak.js';
import type { PipelineTimed } from './pipeline.js';
import type { Timed } from './steps.js';

/** Everything one comparison found, as in the JSON beside the tables. */
export interface Results {
  readonly machine: Readonly<Record<string, string>>;
  /** UTC day of the run. */
  readonly day: string;
  readonly contenders: readonly { readonly name: string; readonly version: string }[];
  /** Contenders that could not be started. */
  readonly missing: readonly string[];
  readonly threads: number;
  /** GF/s on all threads together. */
  readonly peaks: Peaks;
  readonly steps: readonly Timed[];
  readonly decode: readonly Timed[];
  readonly forms: readonly CacheTimed[];
  readonly needle: readonly CacheTimed[];
  readonly pipeline: readonly PipelineTimed[];
  readonly parts: readonly Parts[];
  /** Of all contenders: 0 is ordinary, −20 goes before everything else. */
  readonly priority: number;
  readonly loadAfter: string;
  /** Bursts, and those of them for which the machine did not become quiet. */
  readonly disturbances: { readonly bursts: number; readonly onBusyMachine: number };
}
