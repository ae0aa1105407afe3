import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writing } from './io-failure.js';
import { JOURNAL, WRITER } from './journal.js';
import { markWriter, type WriterMark } from './writer-mark.js';

/**
 * Make this process the only one that changes the trace `dir`, until the mark is removed or the journal is.
 * @throws Failure `bad-trace` naming the process that writes it; `disk-full` or `not-writable`
 */
export async function lockTrace(dir: string): Promise<WriterMark> {
  const folder = join(dir, JOURNAL);
  await writing(folder, () => mkdir(folder, { recursive: true })); // a run killed before its first row has none
  return markWriter(join(folder, WRITER));
}
