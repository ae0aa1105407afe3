import { existsSync } from 'node:fs';

/**
 * A Chromium: KRONFLOW_CHROMIUM, or the one of the system; null where a user has none, and then tests say
 * `it.skipIf(chromiumPath === null)`.
 */
export const chromiumPath = find();

function find(): string | null {
  const places = [process.env.KRONFLOW_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'];
  const found = places.find((path) => path !== undefined && path !== '' && existsSync(path));
  if (found !== undefined) return found;
  if (process.env.CI) throw new Error('KRONFLOW_CHROMIUM is not set: in CI pages must be looked at');
  console.warn('no Chromium (KRONFLOW_CHROMIUM): tests that look at pages are skipped');
  return null;
}
