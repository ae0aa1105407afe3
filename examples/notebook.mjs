// %% [markdown]
// # A cache against its budget
//
// Run with any JavaScript kernel that has `import()` and `await` at the top of a cell, in a folder where kronflow is
// installed; or as a plain program: `node examples/notebook.mjs`. Both hold the same cells.
// %%
const { lastValueFrom } = await import('rxjs');
const { memorySink, openRun, replay } = await import('kronflow/pipelines');
// %% [markdown]
// One run holds as many caches as you like. Rows go into memory: this is a short run.
// %%
const sizes = [8, 16, 32, 64];
const sink = memorySink();
const run = await openRun({
  source: { name: 'gaussian', n: 96, d: 16, heads: 2 },
  caches: sizes.flatMap((size) => [
    { name: 'window', size, label: `window ${size}` },
    { name: 'oracle-top-k', size, label: `best ${size}` },
  ]),
  sink,
});
// %%
const options = {
  reference: 'f64',
  recall: 0,
  sparsity: null,
  recording: false,
  outputs: false,
  timings: false,
};
await lastValueFrom(replay(run, run.entries(), options));
await run.close();
console.log(`${sink.steps.length} rows, columns ${Object.keys(sink.steps[0]).slice(0, 6).join(', ')}, …`);
// %% [markdown]
// Mean error of the last 32 steps: what forgetting costs, and the least that any choice of so many tokens would cost.
// %%
const meanError = (label) => {
  const rows = sink.steps.filter(({ cache, step }) => cache === label && step >= 64);
  return rows.reduce((sum, row) => sum + row.err_rel_l2, 0) / rows.length;
};
const table = sizes.map((size) => ({
  tokens: size,
  window: meanError(`window ${size}`),
  best: meanError(`best ${size}`),
}));
console.table(table);
