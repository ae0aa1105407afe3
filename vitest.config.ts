import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

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

/**
 * Every file of `slow` before those of `quick`: these are short, so that no processor is left idle at the end,
 * and they come one after the other, so that a worker keeps the modules that it has loaded.
 */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isQuick = ({ project }: TestSpecification) => project.name === 'quick';
    return [...sorted.filter((file) => !isQuick(file)), ...sorted.filter(isQuick)];
  }
}

/** `quick` is what `npm run check` runs; `slow` spawns whole runs, kills them and opens traces elsewhere. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%', // of the processors; by default one of them is left idle
    sequence: { sequencer: SlowFirst },
    reporters: ['default', './vitest.reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: [`${folders}/**/*.test.ts`],
          exclude: ['**/*.slow.test.ts', '**/*.long.test.ts', 'dist/**'],
          isolate: false, // hundreds of files: half of the time would go into loading the same modules for each
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
