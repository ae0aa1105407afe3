import { expect, it } from 'vitest';
import { asRecorded, takingTurns } from './stream-lengths.js';

it('streams that take turns differ by one step at most', () => {
  const three = takingTurns(3);
  expect(three(0)).toEqual([]);
  expect(three(2)).toEqual([{ n: 1, streams: 2 }]);
  expect(three(9)).toEqual([{ n: 3, streams: 3 }]);
  expect(three(11)).toEqual([
    { n: 4, streams: 2 },
    { n: 3, streams: 1 },
  ]);
});

it('recorded streams are as long as the recording says, up to its end', () => {
  const recorded = asRecorded([7, 7, 9, 7]);
  expect(recorded(3)).toEqual([
    { n: 2, streams: 1 },
    { n: 1, streams: 1 },
  ]);
  expect(recorded(100)).toEqual([
    { n: 3, streams: 1 },
    { n: 1, streams: 1 },
  ]);
});
