// kronflow/testing: the laws that every built-in cache passes, for caches of your own.
export { checkCache, type CheckSettings, type TestFunction } from './check-cache.js';
