/** Estimates the time left of work whose steps get slower as it goes on. */
export interface TimeLeft {
  /** Note that `done` steps took `elapsed` milliseconds. */
  note(done: number, elapsed: number): void;
  /** Milliseconds until `total` steps are done; null while too little is known. */
  estimate(total: number): number | null;
}

const FEW = 8; // steps before which the growth cannot be told

/**
 * Attention over n entries takes n² (four-cache), n (matrix order) or constant time (window), so the elapsed time
 * grows like done^p with p from 1 to 3. p is measured: from the time that half of the steps took.
 */
export function timeLeft(): TimeLeft {
  const at: number[] = [0]; // milliseconds after which i steps were done
  return {
    note(done, elapsed) {
      while (at.length <= done) at.push(elapsed);
    },
    estimate(total) {
      const done = at.length - 1;
      const [half, now] = [at[done >> 1], at[done]];
      if (done < FEW || half <= 0) return null;
      const power = Math.min(3, Math.max(1, Math.log(now / half) / Math.log(done / (done >> 1))));
      return now * ((total / done) ** power - 1);
    },
  };
}

/** Milliseconds for people: `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
