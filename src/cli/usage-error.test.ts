import { expect, it } from 'vitest';
import { usageError } from './usage-error.js';

it.each([
  ["error: unknown option '--x'\n", "kronflow: unknown option '--x'\n  hint: see kronflow run --help\n"],
  [
    "error: unknown option '--tokns'\n(Did you mean --tokens?)\n",
    "kronflow: unknown option '--tokns'\n  hint: did you mean --tokens?\n",
  ],
  [
    "error: unknown command 'r'\n(Did you mean one of run, replay?)\n",
    "kronflow: unknown command 'r'\n  hint: did you mean run or replay?\n",
  ],
])('says %j in our words', (text, said) => expect(usageError(text, 'kronflow run')).toBe(said));
