import { deserialize, serialize } from 'node:v8';
import { Failure } from '../../src/core/failure.js';
import type { Run } from '../../src/core/run.js';
import type { RunSink, SinkParts } from '../../src/core/sink.js';
import { pluginFailure } from '../../src/core/thrown.js';
import type { TraceSink } from '../../src/core/trace.js';
import { openSinks, type AddedSink } from './open-sinks.js';
import { startOperators, type AddedOperator, type StartedOperator } from './place-operators.js';

/** State of an operator in a snapshot of the run. */
export interface SavedOperator {
  readonly kind: 'operator';
  /** Place among the operators of the run. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** The operators and sinks that a run has beside its own: opened once, closed once. */
export interface Guests extends TraceSink {
  open(
    plugins: { readonly operators: readonly AddedOperator[]; readonly sinks: readonly AddedSink[] },
    run: Run,
    parts: SinkParts,
  ): Promise<void>;
  operators(): readonly StartedOperator[];
  save(): Iterable<SavedOperator>;
  restore(saved: SavedOperator): void;
  /** Close the sinks; more than once does no harm. */
  close(): Promise<void>;
}

const NO_SINKS: RunSink = { write: () => Promise.resolve(), close: () => Promise.resolve() };

/** Whether an operator has state that no snapshot can hold. */
export function isUnsaved({ spec }: AddedOperator): boolean {
  return spec.state === 'unsaved';
}

/**
 * Refuse what needs the whole state of a run, where an operator has some that no snapshot can hold.
 * @throws Failure `bad-option`
 */
export function refuseUnsaved(
  { operators }: { readonly operators: readonly AddedOperator[] },
  what: string,
  hint: string,
): void {
  const unsaved = operators.find(isUnsaved);
  if (unsaved === undefined) return;
  const why = `operator ${unsaved.name} has state that cannot be saved (its spec says state: 'unsaved')`;
  throw new Failure('bad-option', `${what}: ${why}`, hint);
}

/** No operators and no sinks yet. */
export function createGuests(): Guests {
  let started: readonly StartedOperator[] = [];
  let sinks = NO_SINKS;
  return {
    async open(plugins, run, parts) {
      started = startOperators(plugins.operators, run);
      if (plugins.sinks.length > 0) sinks = await openSinks(plugins.sinks, parts);
    },
    operators: () => started,
    *save() {
      for (const [index, { name, state }] of started.entries()) {
        if (state === null) continue;
        yield { kind: 'operator', index, bytes: blamed(name, 'save', () => serialize(state.save())) };
      }
    },
    restore({ index, bytes }) {
      const { name, state } = started[index];
      blamed(name, 'restore', () => state?.restore(deserialize(bytes)));
    },
    write: (batch) => sinks.write(batch),
    close: () => sinks.close(),
  };
}

function blamed<T>(name: string, doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw pluginFailure(`operator ${name}`, doing, error);
  }
}
