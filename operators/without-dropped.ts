import type { HasUpdates } from '../src/core/event.js';
import type { Run } from '../src/core/run.js';

/** Lists of an event with one element per update. */
const PER_UPDATE = ['updates', 'answers', 'plans_ns', 'bounds', 'errors', 'memory'];

/** The event without what caches left in it that were dropped: all its lists stay as long as `updates`. */
export function withoutDropped<T extends HasUpdates>(event: T, { dropped }: Run['caches']): T {
  if (dropped.size === 0 || event.updates.every(({ held }) => !dropped.has(held.label))) return event;
  const kept = event.updates.map(({ held }) => !dropped.has(held.label));
  const shorter = PER_UPDATE.flatMap((name) => {
    const list = (event as Readonly<Record<string, unknown>>)[name];
    return Array.isArray(list) ? [[name, list.filter((_, i) => kept[i])]] : [];
  });
  return { ...event, ...Object.fromEntries(shorter) };
}
