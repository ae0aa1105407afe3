// A task that fails as attend.task.ts does when a kernel throws.
/** What an error becomes on its way to the main thread. */
export default function failing() {
  return { message: 'no such tile', stack: 'RangeError: no such tile\n    at kernel.js:7' };
}
