import { afterAll, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { replayInBounds } from './testing/replay-in-bounds.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

it.skipIf(process.platform !== 'linux')('a recording of 4 GiB replays under 600 MiB resident', () =>
  replayInBounds(folder.path, 4096, 600),
);
