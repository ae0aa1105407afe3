import { writeSync } from 'node:fs';
import { openJournal } from '../sinks/journal.js';
import { sealTrace } from '../sinks/seal.js';
import { createTrace } from '../sinks/trace-folder.js';
import { runStart, stepBatch } from './rows.js';

// A process for tests to kill. `write DIR STEPS` records and seals a run, `seal DIR` seals one. It says on stdout
// what it has promised: `acknowledged N` rows of steps, then `sealing`, then `sealed`.
const [mode, dir, steps] = process.argv.slice(2);
const say = (text: string) => writeSync(1, `${text}\n`); // at once: what is said has happened

if (mode === 'write') {
  await createTrace(dir, runStart);
  const clock = { now: () => performance.now() * 1e6 };
  const journal = await openJournal(dir, { d: runStart.d, order: runStart.order, clock, flushRows: 24 });
  let told = 0;
  for (let s = 0; s < Number(steps); s++) {
    await journal.write(stepBatch(s, runStart.d));
    const { steps: rows = 0 } = journal.acknowledged();
    if (rows > told) say(`acknowledged ${(told = rows)}`);
  }
  await journal.close();
}
say('sealing');
await sealTrace(dir, mode === 'write' ? { status: 'complete' } : {});
say('sealed');
