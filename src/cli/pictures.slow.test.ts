import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { traceBatches, writeTrace } from '../query/testing/traces.js';
import { kronflow, succeed } from './testing/kronflow.js';

const folder = temporaryFolder();
const start = { cwd: folder.path };
const read = (name: string) => readFileSync(join(folder.path, name));
beforeAll(async () => {
  await writeTrace(folder.path, 'trace', traceBatches(4));
});
afterAll(() => folder.remove());

it('run --report ends with the path of a page that holds the plots of its trace; without, there is none', async () => {
  const run = ['run', '--source', 'gaussian', '--tokens', '6', '--d', '4', '--cache', 'window:size=2'];
  const said = await succeed([...run, '-o', 'run', '--report'], start);
  const line = said.trimEnd().split('\n').at(-1)!;
  expect(line).toMatch(/^The report is in run\/report\.html: \d+ plots, \d+ left out/);
  const page = read('run/report.html').toString();
  expect(page.slice(0, 15).toLowerCase()).toBe('<!doctype html>');
  expect(page.includes('Error against bytes')).toBe(true);
  await succeed([...run, '-o', 'other'], start);
  expect(() => read('other/report.html')).toThrow(/ENOENT/);
});

it('run --json --report prints JSON alone, and writes the page too', async () => {
  const run = ['run', '--source', 'gaussian', '--tokens', '6', '--d', '4', '--cache', 'window:size=2'];
  const { code, stdout, stderr } = await kronflow([...run, '-o', 'json', '--json', '--report'], start);
  expect([code, JSON.parse(stdout).tokens]).toEqual([0, 6]);
  expect(stderr).toMatch(/^The report is in json\/report\.html: /m);
  expect(read('json/report.html').length).toBeGreaterThan(1000);
});

describe('kronflow plot', () => {
  it('draws SVG and PNG, as wide as it was asked for', async () => {
    const plot = ['plot', 'trace', '--kind', 'bytes-n', '--width', '500'];
    const said = await succeed([...plot, '-o', 'x.svg'], start);
    expect(said).toMatch(/^x\.svg: Bytes against n, \d+ rows\n$/);
    expect(read('x.svg').toString()).toMatch(/^<svg [^>]*width="500"/);
    for (const scale of [1, 2]) {
      await succeed([...plot, '--theme', 'dark', '--scale', String(scale), '-o', 'x.png'], start);
      const png = read('x.png');
      expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
      expect(png.readUInt32BE(16)).toBe(500 * scale);
    }
  });

  it.each([
    [['plot', 'trace', '-o', 'x.pdf'], 'a picture ends in .svg or .png'],
    [
      ['plot', 'trace', '--kind', 'needle', '-o', 'y.svg'],
      'needle cannot be drawn: no trace has --source needle',
    ],
    [['report', 'trace', '-o', 'trace/steps.parquet'], 'a report ends in .html'],
  ])('%j is refused, and nothing is written', async (args, what) => {
    const before = read('trace/steps.parquet');
    expect(await kronflow(args, start)).toMatchObject({ code: 2, stderr: expect.stringContaining(what) });
    expect(read('trace/steps.parquet')).toEqual(before);
    expect(() => read('y.svg')).toThrow(/ENOENT/);
  });
});
