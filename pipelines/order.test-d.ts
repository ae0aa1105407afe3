// Compiled, never run: a wrong order of operators must not compile. Removing a line's error fails the build.
import { of } from 'rxjs';
import { accountMemory } from '../operators/account-memory.js';
import { attend } from '../operators/attend.js';
import { compare } from '../operators/compare.js';
import { embed } from '../operators/embed.js';
import { journal } from '../operators/journal.js';
import { layerNorm } from '../operators/layer-norm.js';
import { project } from '../operators/project.js';
import { record } from '../operators/record.js';
import { updateCaches } from '../operators/update-caches.js';
import type { TokenEvent } from '../src/core/event.js';
import type { Run } from '../src/core/run.js';
import type { ProjectionWeights } from '../src/core/weights.js';

declare const run: Run;
declare const token: TokenEvent;
declare const weights: ProjectionWeights;
const reference = { reference: 'f64', always: false } as const;
const written = { outputs: false, timings: false } as const;

export const right = of(token).pipe(
  embed(run, { rotary: false }),
  layerNorm(),
  project(run, { layer: 0, weights }),
  updateCaches(run),
  attend(run),
  compare(run, reference),
  accountMemory(run),
  record(run, written),
  journal(run),
);

const embedded = of(token).pipe(embed(run, { rotary: false }));
const projected = embedded.pipe(layerNorm(), project(run, { layer: 0, weights }));
const updated = projected.pipe(updateCaches(run));

// @ts-expect-error a token has no residual stream before embed
of(token).pipe(layerNorm());
// @ts-expect-error project needs layerNorm first
embedded.pipe(project(run, { layer: 0, weights }));
// @ts-expect-error caches need projected rows
embedded.pipe(updateCaches(run));
// @ts-expect-error attend needs updated caches
projected.pipe(attend(run));
// @ts-expect-error compare needs answers
updated.pipe(compare(run, reference));
// @ts-expect-error journal needs recorded rows
updated.pipe(attend(run), journal(run));
// @ts-expect-error record needs errors and memory
updated.pipe(attend(run), record(run, written));
