import type { MonoTypeOperatorFunction } from 'rxjs';
import type { z } from 'zod';
import type {
  HasAnswers,
  HasBounds,
  HasErrors,
  HasMemory,
  HasQkv,
  HasRows,
  HasSparsity,
  HasUpdates,
  TokenEvent,
} from './event.js';
import { API_VERSION, define, type Plugin, type Spec } from './plugin.js';
import type { Run } from './run.js';

/** What an event of one layer carries at each place where an operator of a user can stand. */
export interface Places {
  /** Rows of the layer; no cache has seen them. */
  readonly project: TokenEvent & HasQkv & HasRows;
  /** Every cache has answered (prompts: appended), and said what it promises. */
  readonly attend: Places['project'] & HasUpdates & HasAnswers & HasBounds;
  /** The exact answers, and how far each cache is from them; the exact caches hold this token too. */
  readonly compare: Places['attend'] & HasErrors & Partial<HasSparsity>;
  /** What every cache holds; q, k and v are still there, the next operator frees them. */
  readonly account: Places['compare'] & HasMemory;
}

/** After which operator of the flow an operator of a user stands. */
export type Place = keyof Places;
/** The places, in the order of the flow. */
export const PLACES = ['project', 'attend', 'compare', 'account'] as const satisfies readonly Place[];

/** The event of one step and layer after the operator `P` of the flow. */
export type EventAt<P extends Place> = Places[P];

/**
 * What an operator's factory makes, once a run: an RxJS operator that gives back every event that it is given, in place. It
 * is applied to one event at a time (`of(event)`), layer after layer and step after step, so that what must last between
 * events is kept by the factory; then the spec says so (`state`).
 */
export type EventOperator<P extends Place> = P extends Place // of several places: one of them
  ? MonoTypeOperatorFunction<EventAt<P>> & Partial<SavedState>
  : never;

/** State of an operator that a snapshot of the run can hold. */
export interface SavedState {
  /** Everything that later rows depend on, as plain data. */
  save(): unknown;
  restore(state: unknown): void;
}

/** An operator's own description; help and tables are made from it. */
export interface OperatorSpec<P extends Place = Place, O extends z.ZodObject = z.ZodObject> extends Spec<O> {
  readonly kind: 'operator';
  readonly after: P;
  /** Whether it measures the exact attention: without a reference a run that asks for it is refused. */
  readonly needsReference?: boolean;
  /**
   * Whether rows depend on earlier events: `saved` when the operator has `save` and `restore`, so that a snapshot of the run
   * can hold it. A run with an `unsaved` one has no snapshots and cannot be resumed. Default: none.
   */
  readonly state?: 'none' | 'saved' | 'unsaved';
}

/** An operator as users name it: options first, the run when it starts. */
export type OperatorPlugin<P extends Place = Place, O extends z.ZodObject = z.ZodObject> = Plugin<
  OperatorSpec<P, O>,
  (run: Run) => EventOperator<P>
>;

/**
 * Declare an operator: its spec as plain data, and how to make it from checked options and the run. It leaves rows with
 * `{ ...event, rows: [...event.rows, { measures }] }`, and must neither drop nor double events.
 */
export function defineOperator<P extends Place, O extends z.ZodObject>(
  spec: Omit<OperatorSpec<P, O>, 'kind' | 'apiVersion'>,
  create: (options: z.output<O>, run: Run) => EventOperator<NoInfer<P>>,
): OperatorPlugin<P, O> {
  const full: OperatorSpec<P, O> = { ...spec, kind: 'operator', apiVersion: API_VERSION };
  return define(full, (options) => (run: Run) => create(options, run));
}
