import { defineConfig } from 'vitest/config';

const folders = '{src,operators,pipelines,data,workers,examples,docs,bench}';

/** Hours rather than minutes: `npm run test:long` alone runs these. */
const long = {
  extends: true as const,
  test: {
    name: 'long',
    include: [`${folders}/**/*.long.test.ts`],
    exclude: ['dist/**'],
    testTimeout: 3_600_000,
  },
};

/** `quick` is what `npm run check` runs; `slow` spawns whole runs, kills them and opens traces elsewhere. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%', // of the processors; by default one of them is left idle
    reporters: ['default', './vitest.reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: [`${folders}/**/*.test.ts`],
          exclude: ['**/*.slow.test.ts', '**/*.long.test.ts', 'dist/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: [`${folders}/**/*.slow.test.ts`],
          exclude: ['dist/**'],
          testTimeout: 300_000,
          hookTimeout: 300_000, // they start processes too
        },
      },
      ...(process.env.KRONFLOW_LONG === undefined ? [] : [long]),
    ],
  },
});
