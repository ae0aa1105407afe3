import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const [LOOK_MS, LOOKS] = [15, 4]; // threads of a BLAS spin on after a product: they must be asleep too
const ONCE_MS = 2000; // the longest wait for one burst
const ALL_MS = 60_000; // and for all of them: on a machine that is never quiet the benchmark ends all the same
const REST_MS = 250; // before a burst where waiting is over, or the system does not say who runs

let [begun, disturbed, waited] = [0, 0, 0];

/** Wait until nobody else runs, or patience ends. */
export async function quiet(): Promise<void> {
  begun++;
  const start = performance.now();
  const end = start + Math.max(REST_MS, Math.min(ONCE_MS, ALL_MS - waited));
  for (let alone = 0; performance.now() < end;) {
    await setTimeout(LOOK_MS);
    const others = running();
    if (others === null) return void (await setTimeout(REST_MS));
    alone = others === 0 ? alone + 1 : 0;
    if (alone >= LOOKS) return;
  }
  waited += performance.now() - start - REST_MS;
  disturbed++;
}

/** Bursts that were begun, and those of them on a machine that was not quiet. */
export function disturbances(): { readonly bursts: number; readonly onBusyMachine: number } {
  return { bursts: begun, onBusyMachine: disturbed };
}

/** Threads that run or want to, this one not counted; null where the system does not say. */
function running(): number | null {
  try {
    const found = /^procs_running (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'));
    return found === null ? null : Number(found[1]) - 1;
  } catch {
    return null;
  }
}
