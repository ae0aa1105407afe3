import { join } from 'node:path';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { fieldOf } from '../../../pipelines/compare.js';
import { executeRun } from '../../../pipelines/execute.js';
import { resolveRun, type RunRequest } from '../../../pipelines/resolve.js';
import { openTraces } from '../../query/index.js';
import { answer, contextOf } from '../collect.js';
import { drawSvg, wholeSpec } from '../draw.js';
import type { ThemeName } from '../look.js';
import { pareto } from '../plots/pareto.js';

const MODEL = { d: 32, heads: 1, layers: 1, order: 'tensor', bytesPerNumber: 4 } as const;
const BUDGETS = [4096, 8192, 16_384, 32_768];
const ASKED = ['window', 'heavy-hitter', 'key-diff', 'merge', 'subgen-atoms'];

/** The picture of the README, in both themes: error against bytes of a fixed run, float64 kernel, no times. */
export async function readmePictures(): Promise<ReadonlyMap<ThemeName, string>> {
  const folder = temporaryFolder();
  try {
    const dir = join(folder.path, 'compared');
    await executeRun(await resolveRun(request(), nothing()), {
      ...{ dir, threads: 1, kernel: 'reference', logLevel: 'info', snapshotEvery: 0, speed: 'max' },
      ...{ signal: new AbortController().signal, onStep: () => undefined, onSealing: () => undefined },
    });
    return await drawn(dir);
  } finally {
    folder.remove();
  }
}

function request(): RunRequest {
  const asked = [...ASKED, 'four-cache'].map((name) => ({ name, label: name, options: {} }));
  const caches = fieldOf(asked, BUDGETS, MODEL).contenders.map(({ name, label, options }) => ({
    name,
    label,
    options,
  }));
  const options = { n: 160, d: MODEL.d, heads: 1, clusters: 16, noise: 0.3 };
  return {
    ...{
      kronflow: 1,
      source: { name: 'clustered', options },
      model: {},
      caches,
      reference: 'f64',
      prompt: 0,
    },
    ...{ tokens: null, seed: 7, memory: null, trace: { outputs: false, timings: false, recording: false } },
  } as RunRequest;
}

async function drawn(dir: string): Promise<ReadonlyMap<ThemeName, string>> {
  const db = await openTraces([dir]);
  try {
    const context = await contextOf(db);
    const found = await answer(pareto, db, context);
    if ('reason' in found) throw new Error(found.reason);
    const pictures = new Map<ThemeName, string>();
    for (const theme of ['light', 'dark'] as const) {
      pictures.set(theme, await drawSvg(wholeSpec(pareto, found.rows, context, { theme, width: 760 })));
    }
    return pictures;
  } finally {
    db.close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
