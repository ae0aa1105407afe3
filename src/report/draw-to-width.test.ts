import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { openTraces, type TraceDb } from '../query/index.js';
import { answer, contextOf } from './collect.js';
import { drawToWidth } from './draw-to-width.js';
import { svgToPng } from './draw.js';
import type { Context } from './plot.js';
import { plots } from './plots/index.js';
import { game, makeTrace } from './testing/traces.js';

describe('a picture of a width', () => {
  const folder = temporaryFolder();
  const at = {} as { db: TraceDb; context: Context };
  beforeAll(async () => {
    at.db = await openTraces([await makeTrace(folder.path, 'one', { steps: 24 })]);
    at.context = await contextOf(at.db, [game]);
  });
  afterAll(() => {
    at.db.close();
    folder.remove();
  });

  async function drawn(id: string, width: number): Promise<{ svg: string; size: readonly number[] }> {
    const plot = plots.find((one) => one.id === id)!;
    const found = await answer(plot, at.db, at.context);
    if ('reason' in found) throw new Error(found.reason);
    const svg = await drawToWidth(plot, found.rows, at.context, { theme: 'light', width, titled: true });
    const size = /^<svg [^>]*?width="([\d.]+)" height="[\d.]+" viewBox="0 0 ([\d.]+) [\d.]+"/.exec(svg)!;
    return { svg, size: size.slice(1).map(Number) };
  }

  it.each(plots.filter(({ id }) => !['needle', 'perplexity'].includes(id)))(
    '$id is as wide as was asked for',
    async ({ id }) => {
      for (const width of [500, 720]) expect((await drawn(id, width)).size).toEqual([width, width]);
    },
  );

  it('is made smaller as a whole where its labels leave no room for panels', async () => {
    const { svg, size } = await drawn('bytes-n', 250);
    expect(size[0]).toBe(250);
    expect(size[1]).toBeGreaterThan(300);
    const png = Buffer.from(await svgToPng(svg, 2));
    expect(png.readUInt32BE(16)).toBe(500);
  });
});
