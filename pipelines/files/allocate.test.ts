import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderOfPipelines, refusal, small } from './testing/folder-of-pipelines.js';
import { preparePipeline } from './prepare.js';

let folder: ReturnType<typeof folderOfPipelines>;
beforeAll(() => (folder = folderOfPipelines()));
afterAll(() => folder.leave());

describe('allocate in a pipeline file', () => {
  it('runs every cache that has a budget under each, and gives one its own where that is said', async () => {
    const own = '  - { name: tova, label: mine, allocation: { policy: uniform, bytes: 2KiB, at: 9 } }\n';
    folder.write({ 'a.yaml': small(`${own}allocate: [{ policy: pyramid, bytes: 1KiB, beta: 3 }]\n`) });
    const { resolved } = await preparePipeline('a.yaml', { env: {} });
    const seen = resolved.config.caches.map(({ label, allocation }) => [label, allocation?.heads]);
    expect(seen).toEqual([
      ['window@pyramid:1KiB,beta=3', [[{ bytes: 1024, options: { size: '512B' } }]]],
      ['subgen4', undefined],
      ['mine', [[{ bytes: expect.any(Number), options: expect.anything() }]]],
    ]);
  });

  it('looks for the calibration beside the file', async () => {
    folder.write({
      'deep/a.yaml': small('allocate: [{ policy: spread, bytes: 1KiB, calibration: rec.parquet }]\n'),
    });
    expect(await refusal('deep/a.yaml')).toContain('deep/rec.parquet');
  });

  it.each([
    [
      'with budgets',
      'budgets: [1KiB]\nallocate: [{ policy: uniform, bytes: 1KiB }]\n',
      /a\.yaml:9:.*allocate and budgets/,
    ],
    [
      'of an unknown policy',
      'allocate: [{ policy: cone, bytes: 1KiB }]\n',
      /a\.yaml:8:\d+: allocate\[0\]\.policy/,
    ],
    [
      'with an unknown key',
      'allocate: [{ policy: uniform, bytes: 1KiB, bita: 3 }]\n',
      /allocate\[0\]\.bita.*"beta"/s,
    ],
    ['without bytes', 'allocate: [{ policy: uniform }]\n', /allocate\[0\]\.bytes is missing/],
    [
      'too small',
      'allocate: [{ policy: uniform, bytes: 63 }]\n',
      /a\.yaml:5:\d+: caches\[0\].*needs at least 64 B a head/s,
    ],
  ])('is refused %s', async (_, more, says) => {
    folder.write({ 'a.yaml': small(more) });
    expect(await refusal('a.yaml')).toMatch(says);
  });
});
