import type { RecordedStep, TokenEvent } from '../../src/core/event.js';
import { Failure } from '../../src/core/failure.js';
import { formatValue } from '../../src/core/format.js';
import type { EntrySource, Source } from '../../src/core/source.js';
import { pluginFailure } from '../../src/core/thrown.js';

type Shape = Awaited<ReturnType<EntrySource['shape']>>;

/**
 * A source of somebody else, held to its contract: what it throws names it, and every step it brings is looked at before
 * caches see it. Steps of a stream count up by one from 0, positions go up, rows are whole and have no NaN.
 */
export function guardSource(name: string, make: () => Source): Source {
  const blame = (doing: string, error: unknown) => pluginFailure(`source ${name}`, doing, error);
  const attempt = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw blame(doing, error);
    }
  };
  const source = made(name, make, blame);
  const common = {
    streams: source.streams,
    describe: () => attempt('describe', async () => described(name, await source.describe())),
    count: (limit: number) => attempt('count', () => source.count(limit)),
  };
  if (source.kind === 'tokens') {
    return { ...common, kind: 'tokens', open: () => steps(name, () => source.open(), null, blame) };
  }
  let shape: Shape | null = null;
  const { streamIds } = source;
  return {
    ...{ ...common, kind: 'entries' },
    shape: () => attempt('shape', async () => (shape = checkedShape(name, await source.shape()))),
    ...(streamIds === undefined
      ? {}
      : { streamIds: (limit: number) => attempt('streamIds', () => streamIds.call(source, limit)) }),
    open: () =>
      steps(
        name,
        () => source.open(),
        () => shape,
        blame,
      ) as AsyncIterable<RecordedStep>,
  };
}

type Blame = (doing: string, error: unknown) => Failure;

function made(name: string, make: () => Source, blame: Blame): Source {
  let source: Source;
  try {
    source = make();
  } catch (error) {
    throw blame('opening', error);
  }
  const kind: unknown = source?.kind;
  if (kind !== 'tokens' && kind !== 'entries') {
    throw broken(name, `it made kind = ${formatValue(kind)}, neither tokens nor entries`);
  }
  const methods = ['describe', 'count', 'open', ...(source.kind === 'entries' ? ['shape'] : [])];
  const missing = methods.find(
    (method) => typeof (source as object as Record<string, unknown>)[method] !== 'function',
  );
  if (missing !== undefined) throw broken(name, `it has no ${missing}()`);
  if (source.streams === null || (Number.isInteger(source.streams) && source.streams > 0)) return source;
  throw broken(name, `streams = ${formatValue(source.streams)}: must be a whole number, or null`);
}

function broken(name: string, why: string): Failure {
  return new Failure(
    'plugin-failed',
    `source ${name}: ${why}`,
    'see the contract of sources: TokenSource and EntrySource',
  );
}

function described(name: string, facts: unknown): Readonly<Record<string, unknown>> {
  if (typeof facts === 'object' && facts !== null && !Array.isArray(facts))
    return facts as Record<string, unknown>;
  throw broken(name, `describe() gave ${formatValue(facts)}, no object for run.json`);
}

function checkedShape(name: string, shape: Shape): Shape {
  for (const key of ['layers', 'heads', 'd'] as const) {
    if (!(Number.isInteger(shape?.[key]) && shape[key] > 0)) {
      throw broken(name, `shape() gave ${key} = ${formatValue(shape?.[key])}: must be a whole number from 1`);
    }
  }
  if (shape.order === 'tensor' || shape.order === 'matrix') return shape;
  throw broken(name, `shape() gave order = ${formatValue(shape.order)}: must be tensor or matrix`);
}

interface Latest {
  steps: number;
  pos: number;
}

async function* steps<T extends TokenEvent>(
  name: string,
  open: () => AsyncIterable<T>,
  shapeOf: (() => Shape | null) | null,
  blame: Blame,
): AsyncGenerator<T> {
  const streams = new Map<number, Latest>();
  let brought = 0;
  try {
    for await (const event of open()) {
      const rule = brokenStep(event, streams) ?? (shapeOf === null ? null : brokenRows(event, shapeOf()));
      if (rule !== null) throw broken(name, `step ${brought} that it brought (from 0): ${rule}`);
      brought++;
      yield event;
    }
  } catch (error) {
    throw blame(`after ${brought} steps`, error);
  }
}

function brokenStep(event: TokenEvent, streams: Map<number, Latest>): string | null {
  if (typeof event !== 'object' || event === null) return `${formatValue(event)} is no step`;
  const { streamId, step, pos, tokenId } = event;
  const rule = firstBroken({ streamId, step, pos }) ?? (tokenId === null ? null : firstBroken({ tokenId }));
  if (rule !== null) return rule;
  const latest = streams.get(streamId) ?? { steps: 0, pos: -1 };
  if (step !== latest.steps) return `step ${step} of stream ${streamId}, where step ${latest.steps} must be`;
  if (pos <= latest.pos) return `pos ${pos} of stream ${streamId} after ${latest.pos}`;
  streams.set(streamId, { steps: step + 1, pos });
  return null;
}

function firstBroken(counts: Readonly<Record<string, unknown>>): string | null {
  for (const [name, value] of Object.entries(counts)) {
    if (((value as number) | 0) !== value || value < 0)
      return `${name} = ${formatValue(value)}: must be a whole number`;
  }
  return null;
}

function brokenRows(event: TokenEvent, shape: Shape | null): string | null {
  const { layers } = event as Partial<RecordedStep>;
  if (shape === null) return null;
  if (!Array.isArray(layers) || layers.length !== shape.layers) {
    return `layers is ${Array.isArray(layers) ? `a list of ${layers.length}` : formatValue(layers)}, not of ${shape.layers}`;
  }
  const length = shape.heads * shape.d;
  const names = shape.order === 'tensor' ? ['q', 'k1', 'k2', 'v1', 'v2'] : ['q', 'k1', 'v1'];
  for (const [layer, rows] of layers.entries()) {
    for (const name of names) {
      const row = (rows as object as Record<string, ArrayLike<number> | undefined>)[name];
      if (row?.length !== length)
        return `layer ${layer}, ${name} has ${String(row?.length)} numbers, not heads·d = ${length}`;
      for (let i = 0; i < length; i++) {
        if (!Number.isFinite(row[i]))
          return `layer ${layer}, ${name}[${i}] = ${String(row[i])}: must be a finite number`;
      }
    }
  }
  return null;
}
