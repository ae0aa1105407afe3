// A sink of your own: a line of JSON for every answer that is far off, in the folder of the trace.
//   npx kronflow run -c window:size=64 --sink ./dist/examples/custom-sink.js#errorLog:above=0.5
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { defineSink } from 'kronflow';

/** One line a row of `steps` whose error is above a threshold. */
export const errorLog = defineSink(
  {
    name: 'error-log',
    summary: 'write answers that are far off into errors.jsonl',
    paper: null,
    options: z.object({
      above: z.number().min(0).default(1).describe('relative error from which on an answer is written'),
    }),
  },
  async ({ above }, { dir, from }) => {
    const file = await open(join(dir, 'errors.jsonl'), from === 0 ? 'w' : 'a');
    return {
      async write({ steps = [] }) {
        const far = steps.filter(({ err_rel_l2 }) => err_rel_l2 !== null && err_rel_l2 > above);
        const lines = far.map(({ cache, head, step, err_rel_l2 }) =>
          JSON.stringify({ cache, head, step, err_rel_l2 }),
        );
        if (lines.length > 0) await file.appendFile(`${lines.join('\n')}\n`); // awaited: the run waits for the disk
      },
      close: () => file.close(),
    };
  },
);
