/** Streams of equal length. */
export interface StreamLength {
  /** Steps of each. */
  readonly n: number;
  readonly streams: number;
}

/** How the first `steps` steps are shared among streams that take turns. */
export function takingTurns(streams: number): (steps: number) => readonly StreamLength[] {
  return (steps) => {
    const [n, longer] = [Math.floor(steps / streams), steps % streams];
    const groups = [
      { n: n + 1, streams: longer },
      { n, streams: streams - longer },
    ];
    return groups.filter((group) => group.n > 0 && group.streams > 0);
  };
}

/** How the first `steps` steps are shared when `streamIds` names the stream of each. */
export function asRecorded(streamIds: ArrayLike<number>): (steps: number) => readonly StreamLength[] {
  return (steps) => {
    const counts = new Map<number, number>();
    for (let i = 0; i < Math.min(steps, streamIds.length); i++) {
      counts.set(streamIds[i], (counts.get(streamIds[i]) ?? 0) + 1);
    }
    return Array.from(counts.values(), (n) => ({ n, streams: 1 }));
  };
}
