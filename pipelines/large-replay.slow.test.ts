import { afterAll, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { replayInBounds } from './testing/replay-in-bounds.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

// large-replay.long.test.ts has 4 GiB; here the limit is below the recording as well
it.skipIf(process.platform !== 'linux')('a recording of 384 MiB replays under 380 MiB resident', () =>
  replayInBounds(folder.path, 384, 380),
);
