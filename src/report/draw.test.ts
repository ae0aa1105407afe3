import { expect, it, vi } from 'vitest';
import { svgToPng } from './draw.js';

it('says how to get PNG where its renderer is not installed', async () => {
  vi.doMock('@resvg/resvg-js', () => {
    throw new Error("Cannot find package '@resvg/resvg-js'");
  });
  await expect(svgToPng('<svg/>', 1)).rejects.toMatchObject({
    code: 'not-found',
    hint: expect.stringContaining('npm install @resvg/resvg-js'),
  });
});
