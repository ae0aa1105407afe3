import { expect, it } from 'vitest';
import { Failure } from './failure.js';

it('shows what and hint to people, code and cause to programs', () => {
  const cause = new Error('disk');
  const failure = new Failure('disk-full', 'steps.parquet: no space', 'free some', { cause });
  expect(failure).toBeInstanceOf(Error);
  expect(String(failure)).toBe('Failure: steps.parquet: no space\n  hint: free some');
  expect(failure).toMatchObject({
    code: 'disk-full',
    what: 'steps.parquet: no space',
    hint: 'free some',
    cause,
  });
});

it('has no empty hint', () => {
  expect(new Failure('exists', 'out exists').message).toBe('out exists');
});
