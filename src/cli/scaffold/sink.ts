import type { Files, Scaffold } from './names.js';
import { pipelinePackage, referenceOf } from './package-files.js';

const ABOUT = 'A sink for kronflow: it takes the rows of a run beside the trace.';

/** A plug-in package with one sink: it takes the rows of a run beside the trace. */
export function sinkPackage(scaffold: Scaffold): Files {
  return pipelinePackage(scaffold, {
    kind: 'sink',
    about: ABOUT,
    code: code(scaffold),
    pipeline: pipeline(scaffold),
    pipelineTest: pipelineTest(scaffold),
  });
}

function code({ name, exported }: Scaffold): string {
  return `import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { defineSink } from 'kronflow';
import { z } from 'zod';

/** The error of every answer as a line of JSON. (Say here where yours sends the rows, and for whom.) */
export const ${exported} = defineSink(
  {
    name: '${name}',
    summary: 'errors of every step as lines of JSON, while the run goes on',
    paper: null,
    options: z.object({
      file: z.string().default('errors.jsonl').describe('file in the folder of the trace'),
    }),
  },
  async ({ file }, { dir }) => {
    const out = await open(join(dir, file), 'a');
    return {
      // Rows of one step. The run waits for the promise: a slow sink makes a slow run, and nothing piles up.
      async write({ steps = [] }) {
        const lines = steps.map(({ cache, step, err_rel_l2 }) => JSON.stringify({ cache, step, err_rel_l2 }));
        await out.write(lines.map((line) => \`\${line}\\n\`).join(''));
      },
      close: () => out.close(), // also after a run that failed
    };
  },
);
`;
}

function pipeline(scaffold: Scaffold): string {
  return `kronflow: 1
description: errors of a window, into the trace and into ${scaffold.name}
source: { name: clustered, n: 300, d: 16, heads: 1 }
caches:
  - { name: four-cache }
  - { name: window, size: 64 }
sinks:
  - { name: ${referenceOf(scaffold)} }
`;
}

function pipelineTest({ name }: Scaffold): string {
  return `kronflow: 1
pipeline: ./pipeline.yaml
tests:
  - name: a run with ${name} ends well
    source: { name: gaussian, n: 20, d: 8, heads: 1 }
    expect: { rows: 40 }
  - name: a file that cannot be opened is told
    source: { name: gaussian, n: 20, d: 8, heads: 1 }
    set: { 'sinks[0].file': no/such/folder/errors.jsonl }
    expect: { failure: { text: ENOENT } }
`;
}
