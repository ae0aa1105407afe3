import { lawsOfAnswers } from './laws-of-answers.js';
import { lawsOfBudgets } from './laws-of-budgets.js';
import { lawsOfEstimates } from './laws-of-estimates.js';
import { lawsOfOptions } from './laws-of-options.js';
import { lawsOfState } from './laws-of-state.js';
import { lawsOfTasks } from './laws-of-tasks.js';
import { told, type CacheUnderTest, type Law } from './law.js';

export type { CacheUnderTest, Law, Variance } from './law.js';

/**
 * What every cache must keep to, chosen by its spec alone. For any test runner:
 *   for (const { name, check } of cacheLaws({ plugin: mine, options: [{ size: 5 }] })) it(name, check);
 * Streams are random but seeded: the same laws pass or fail every time.
 */
export function cacheLaws(under: CacheUnderTest): readonly Law[] {
  const laws = [
    ...lawsOfOptions(under),
    ...lawsOfAnswers(under),
    ...lawsOfState(under),
    ...lawsOfBudgets(under),
    ...lawsOfTasks(under),
    ...lawsOfEstimates(under),
  ];
  return laws.map((law) => told(under, law));
}
