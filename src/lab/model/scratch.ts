/** Where passes through a model take their arrays from. */
export interface Scratch {
  /** Zeros. */
  take(length: number): Float32Array;
}

/** New arrays each time, of the kind that `x` is. */
export function newLike(x: Float32Array): Scratch {
  return { take: (length) => new (x.constructor as Float32ArrayConstructor)(length) };
}

/** One after the other out of one array, until all are given back at once: sequences leave no garbage. */
export function reusedScratch(): Scratch & { reset(): void } {
  let memory = new Float32Array(0);
  let end = 0;
  return {
    take(length) {
      if (end + length > memory.length) {
        memory = new Float32Array(2 * (memory.length + length)); // those who hold parts of the old one keep it
        end = 0;
      }
      return memory.subarray(end, (end += length)).fill(0);
    },
    reset() {
      end = 0;
    },
  };
}
