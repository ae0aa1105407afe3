import type { Files, Scaffold } from './names.js';
import { pipelinePackage, referenceOf } from './package-files.js';

const ABOUT = 'An operator for kronflow: it adds rows to `measures.parquet` of a trace.';

/** A plug-in package with one operator: it measures something of every answer. */
export function operatorPackage(scaffold: Scaffold): Files {
  return pipelinePackage(scaffold, {
    kind: 'operator',
    about: ABOUT,
    dependencies: { rxjs: '^7.8.2' },
    code: code(scaffold),
    pipeline: pipeline(scaffold),
    pipelineTest: pipelineTest(scaffold),
  });
}

function code({ name, exported }: Scaffold): string {
  return `import { defineOperator } from 'kronflow';
import { map } from 'rxjs';
import { z } from 'zod';

/** The length of every answer beside that of the exact one. (Say here what yours measures, and why.) */
export const ${exported} = defineOperator(
  {
    name: '${name}',
    summary: 'length of each answer over that of the exact one',
    paper: null,
    // Its place in the flow, which decides what an event has: project (q, k, v), attend (answers), compare (exact
    // answers and errors) or account (bytes).
    after: 'compare',
    options: z.object({
      every: z.int().min(1).default(1).describe('steps between two measurements'),
    }),
  },
  ({ every }) =>
    map((event) => {
      const { answers, exact, updates, streamId: stream_id, layer, step } = event;
      if (answers === null || exact === null || step % every !== 0) return event; // a prompt asks no query
      const measures = updates.map(({ held: { head, label: cache } }, i) => {
        const value = Math.hypot(...answers[i].output) / Math.hypot(...exact[head].output);
        return { stream_id, layer, head, cache, step, name: '${name}', x: null, value };
      });
      return { ...event, rows: [...event.rows, { measures }] }; // rows for measures.parquet of the trace
    }),
);
`;
}

function pipeline(scaffold: Scaffold): string {
  return `kronflow: 1
description: ${scaffold.name} of exact attention and of a window
source: { name: clustered, n: 300, d: 16, heads: 1 }
operators:
  - { name: ${referenceOf(scaffold)}, every: 10 }
caches:
  - { name: four-cache }
  - { name: window, size: 64 }
`;
}

function pipelineTest({ name }: Scaffold): string {
  return `kronflow: 1
pipeline: ./pipeline.yaml
tests:
  - name: measures every tenth step, and 1 where the window holds everything
    source: { name: gaussian, n: 40, d: 8, heads: 1 }
    expect:
      rows: { steps: 80, measures: 8 }
      measures:
        ${name}: { min: 0.999, max: 1.001 }
`;
}
