import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { CachePlugin } from 'kronflow';
import { checkCache } from 'kronflow/testing';
import { temporaryFolder } from '../data/testing/folder.js';
import { kronflow } from '../src/cli/testing/kronflow.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

// As built: threads import it too, and they load JavaScript.
const built = new URL('../dist/examples/own-kernel.js', import.meta.url);
const { band } = (await import(built.href)) as { band: CachePlugin };

describe('band, a cache with a kernel of its own', () => {
  checkCache(band, { options: [{ reach: 0 }, { reach: 5 }] }, it);

  it('leaves the same run with 1 and 2 threads, and is exact where its reach covers everything', async () => {
    const path = fileURLToPath(built);
    const caches = [
      '-c',
      'four-cache',
      '-c',
      `${path}#band:reach=8,label=near`,
      '-c',
      `${path}#band:reach=300`,
    ];
    const size = ['--tokens', '200', '--d', '16', '--heads', '2', '--seed', '1'];
    const hashes: unknown[] = [];
    for (const threads of ['1', '2']) {
      const args = ['run', ...size, ...caches, '--threads', threads, '-o', threads];
      const { code, stderr, stdout } = await kronflow(args, { cwd: folder.path });
      expect(stderr + stdout).toMatch(/four-cache/);
      expect(code).toBe(0);
      const run = JSON.parse(await readFile(`${folder.path}/${threads}/run.json`, 'utf8')) as object;
      hashes.push((run as { result_sha256: string }).result_sha256);
    }
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[1]).toBe(hashes[0]);
  });
});
