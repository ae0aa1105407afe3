import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { HasRows } from '../src/core/event.js';
import type { StepRow, TraceBatch } from '../src/core/trace.js';
import { journal } from './journal.js';

const row = (layer: number) => ({ layer }) as StepRow;
const step = (rows: readonly TraceBatch[]): HasRows => ({ rows });

describe('journal', () => {
  it('writes the rows of all layers in one batch, in their order', async () => {
    const written: TraceBatch[] = [];
    const sink = { write: (batch: TraceBatch) => Promise.resolve(void written.push(batch)) };
    const event = step([{ recording: [] }, { steps: [row(0)] }, { steps: [row(1), row(1)], outputs: [] }]);
    expect(await lastValueFrom(of(event).pipe(journal({ sink })))).toBe(event);
    expect(written).toEqual([{ steps: [row(0), row(1), row(1)], outputs: [], recording: [] }]);
  });

  it('waits for the sink before it emits or takes the next event (L7)', async () => {
    const [log, ready]: [string[], (() => void)[]] = [[], []];
    const write = ({ steps }: TraceBatch) => {
      log.push(`write ${steps![0].layer}`);
      return new Promise<void>((resolve) => ready.push(resolve));
    };
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const done = of(step([{ steps: [row(0)] }]), step([{ steps: [row(1)] }]))
      .pipe(journal({ sink: { write } }))
      .forEach(() => log.push('emit'));
    await settle();
    expect(log).toEqual(['write 0']);
    ready[0]();
    await settle();
    expect(log).toEqual(['write 0', 'emit', 'write 1']);
    ready[1]();
    await done;
    expect(log.at(-1)).toBe('emit');
  });

  it('passes on an error of the sink', async () => {
    const sink = { write: () => Promise.reject(new Error('disk full')) };
    await expect(lastValueFrom(of(step([{}])).pipe(journal({ sink })))).rejects.toThrow('disk full');
  });
});
