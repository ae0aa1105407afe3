import { lastValueFrom, tap, type Observable } from 'rxjs';
import { readLanguageModel } from '../../data/weights/language-model.js';
import { Ledger } from '../../src/core/ledger.js';
import { randomStream } from '../../src/core/random.js';
import type { Run } from '../../src/core/run.js';
import type { MeasureRow, OutputRow, RecordingRow, StepRow, TraceSink } from '../../src/core/trace.js';
import { SharedArena } from '../../workers/arena.js';
import { inlinePool } from '../../workers/inline-pool.js';
import { createBank } from '../cache-bank.js';
import { decode, replay } from '../decode.js';
import { loadWeights } from '../load-weights.js';
import { resolveRun, shapeOf, type ResolvedRun, type RunRequest } from '../resolve.js';
import { takeSteps } from '../steps.js';

/** A run in this process: the pipeline itself, without threads, files or clock. */
export interface SmallRun {
  readonly steps: readonly StepRow[];
  readonly outputs: readonly OutputRow[];
  readonly recording: readonly RecordingRow[];
  readonly measures: readonly MeasureRow[];
  readonly ledger: Ledger;
  /** Steps read from the source, and steps whose rows had all been taken by the sink. */
  readonly read: number;
  readonly processed: number;
}

/** What a test may put in place of the usual parts. */
export interface Parts {
  /** Called before a batch is taken; what it returns is waited for. */
  readonly onWrite?: () => unknown;
  /** Called when a step is read from the source. */
  readonly onRead?: (read: number) => void;
}

/** A request with everything that a test does not care about. */
export function request(
  source: RunRequest['source'],
  model: RunRequest['model'],
  caches: readonly [name: string, options?: Readonly<Record<string, unknown>>][],
  rest: Partial<RunRequest> = {},
): RunRequest {
  return {
    ...{ kronflow: 1, source, model, reference: 'f64', prompt: 0, tokens: null, seed: 1, memory: null },
    caches: caches.map(([name, options = {}]) => ({ name, label: name, options: { ...options } })),
    trace: { outputs: true, timings: false, recording: false },
    ...rest,
  };
}

/** Carry out a request in this process. */
export async function smallRun(asked: RunRequest, { onWrite, onRead }: Parts = {}): Promise<SmallRun> {
  const resolved = await resolveRun(asked, nothing());
  const taken = {
    ...{ steps: [] as StepRow[], outputs: [] as OutputRow[] },
    ...{ recording: [] as RecordingRow[], measures: [] as MeasureRow[] },
  };
  const sink: TraceSink = {
    async write({ steps = [], outputs = [], recording = [], measures = [] }) {
      await onWrite?.();
      taken.steps.push(...steps);
      taken.outputs.push(...outputs);
      taken.recording.push(...recording);
      taken.measures.push(...measures);
    },
  };
  const run = assemble(resolved, sink);
  const counted = { read: 0, processed: 0 };
  const flow = await startFlow(run, resolved, () => {
    counted.read++;
    onRead?.(counted.read);
  });
  await lastValueFrom(flow.pipe(tap(() => counted.processed++)), { defaultValue: null });
  return { ...taken, ...counted, ledger: run.ledger };
}

function assemble({ config, caches }: ResolvedRun, sink: TraceSink): Run {
  const arena = SharedArena.create('f32');
  const parts = {
    ...{
      arena,
      sink,
      shape: shapeOf(config),
      seed: config.seed,
      ledger: new Ledger(config.memory ?? Infinity),
    },
    pool: inlinePool(arena),
    predictions: new Map(),
    clock: { now: () => 0 },
    random: (...labels: readonly (string | number)[]) => randomStream(config.seed, ...labels),
  };
  return { ...parts, caches: createBank(parts, caches) };
}

async function startFlow(
  run: Run,
  { config, source, language, windows }: ResolvedRun,
  onRead: () => void,
): Promise<Observable<unknown>> {
  const { prompt, tokens, reference, recall, sparsity, trace, model, drive } = config;
  const limits = { prompt, tokens, signal: new AbortController().signal, onRead };
  const options = { ...trace, reference, recall, sparsity };
  if (source.kind === 'entries') return replay(run, takeSteps(source.open(), limits), options);
  const whole = language === null ? null : await readLanguageModel(language.path);
  const weights = whole?.layers.map(({ projection }) => projection) ?? (await loadWeights(config));
  const decoding = { ...options, rotary: model.rotary, drive, weights, model: whole, windows };
  return decode(run, takeSteps(source.open(), limits), decoding);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
