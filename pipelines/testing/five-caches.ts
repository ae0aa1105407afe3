/** Flags for the first five caches, for tests of commands; laws are tested with every cache (every-cache.ts). */
export const FIVE_CACHES = [
  'four-cache',
  'four-cache-materialising',
  'two-cache',
  'subgen4:t=2,s=4',
  'window:size=6,size2=4',
].flatMap((cache) => ['--cache', cache]);

/** Both orders of attention. */
export const ORDERS = ['tensor', 'matrix'] as const;
