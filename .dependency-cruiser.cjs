/** The whole architecture as a rule a machine checks: what each folder may import (design, section 3). */
const folders = {
  'src/core': { from: [], packages: ['zod', 'pure-rand', 'fastest-levenshtein', 'rxjs'] },
  'src/bounds': { from: ['src/core'], packages: ['zod'] },
  'src/lab': { from: ['src/core', 'src/bounds'], packages: ['zod'] },
  'operators/caches': { from: ['src/core'], packages: ['zod'] },
  operators: { from: ['src/core'], packages: ['rxjs', 'zod'] },
  workers: { from: ['src/core'], packages: ['piscina'] },
  data: {
    from: ['src/core'],
    packages: ['apache-arrow', 'parquetjs-lite', 'parquet-wasm', 'gpt-tokenizer', 'pino', 'tinyqueue', 'zod'],
  },
  pipelines: {
    from: ['src/core', 'src/bounds', 'src/lab', 'operators', 'workers', 'data'],
    packages: ['rxjs', 'zod', 'pino', 'yaml'],
  },
  'src/query': { from: ['src/core', 'data'], packages: ['@duckdb/node-api'] },
  'src/report': {
    from: ['src/core', 'src/bounds', 'src/query', 'data', 'pipelines'],
    packages: ['vega', 'vega-lite', '@resvg/resvg-js', 'zod'],
  },
  'src/live': {
    from: ['src/core', 'src/report', 'data', 'pipelines'],
    packages: ['rxjs', 'vega', 'vega-lite'],
  },
};
const test = '(\\.(test|test-d|bench)\\.ts$|/testing/)';
const rules = Object.entries(folders).flatMap(([folder, { from, packages }]) => {
  const inside = {
    path: `^${folder}/`,
    pathNot: [test, ...(folder === 'operators' ? ['^operators/caches/'] : [])],
  };
  return [
    {
      name: `${folder} imports only ${from.join(', ') || 'itself'}`,
      severity: 'error',
      from: inside,
      to: {
        path: '^(src|operators|pipelines|data|workers|bench)/',
        pathNot: [folder, ...from].map((name) => `^${name}/`),
      },
    },
    {
      name: `${folder} uses only the packages ${packages.join(', ')}`,
      severity: 'error',
      from: inside,
      to: {
        path: 'node_modules/', // whatever package.json says of it: also what only another package depends on
        pathNot: packages.map((name) => `node_modules/(@types/)?${name}/`),
      },
    },
  ];
});
const pure = ['src/core', 'src/bounds', 'src/lab', 'operators'];

module.exports = {
  forbidden: [
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no test imports', severity: 'error', from: { pathNot: [test, '^bench/'] }, to: { path: test } },
    {
      name: `${pure.join(', ')} know no platform`,
      severity: 'error',
      from: { path: pure.map((name) => `^${name}/`), pathNot: test },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'src/core knows only the types of rxjs',
      severity: 'error',
      from: { path: '^src/core/', pathNot: test },
      to: { path: 'node_modules/rxjs/', dependencyTypesNot: ['type-only'] },
    },
    ...rules,
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|workers/assembly)/' },
  },
};
