import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Command } from 'commander';
import { SharedArena } from '../../../workers/arena.js';
import { kernelLadder } from '../../../workers/choose-kernel.js';
import { openPool } from '../../../workers/open-pool.js';
import type { Rung } from '../../../workers/rung.js';
import type { Threading } from '../../core/pool.js';
import { formatBytes } from '../../core/format.js';
import { VERSION } from '../../core/version.js';

/** `doctor`: what this machine can do, which kernel a run would use, and why not a faster one. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('show which attention kernel runs here, and why')
    .option('--json', 'print as JSON')
    .action(async ({ json }: { json?: true }) => {
      const ladder = await kernelLadder();
      const chosen = ladder.find(({ refused }) => refused === null);
      const machine = {
        kronflow: VERSION,
        node: process.versions.node,
        v8: process.versions.v8,
        cpu: cpus()[0]?.model ?? null,
        processors: availableParallelism(),
        memory_bytes: totalmem(),
      };
      const threading = await threadingOf(chosen, machine.processors);
      if (json)
        return void process.stdout.write(
          `${JSON.stringify({ ...machine, kernel: chosen?.label, ladder, threading })}\n`,
        );
      const { cpu, processors, memory_bytes, node } = machine;
      const lines = ladder.map((rung) => {
        const state = rung.refused ?? (rung === chosen ? 'works, and is used' : 'works');
        return `  ${rung.label.padEnd(16)} ${state}${rung.note === undefined ? '' : ` (${rung.note})`}`;
      });
      process.stdout.write(
        `kronflow ${VERSION}, Node ${node}, ${processors} × ${cpu}, ${formatBytes(memory_bytes)}\nkernels, fastest first:\n${lines.join('\n')}\nthreads: ${describe(threading)}\n`,
      );
    });
}

/** From what size on threads share a step, as a run would measure it now; null where there is nobody to share with. */
async function threadingOf(kernel: Rung | undefined, threads: number): Promise<Threading | null> {
  if (kernel === undefined || threads < 2) return null;
  const pool = await openPool({ arena: SharedArena.create('f32'), threads, kernel });
  try {
    return pool.threading ?? null;
  } finally {
    await pool.close();
  }
}

function describe(threading: Threading | null): string {
  if (threading === null) return 'one processor: every step is done by the calling thread';
  const keys = (multiplyAdds: number) => Math.round(Math.sqrt(multiplyAdds / 64));
  const { alone, asleep } = threading;
  return (
    `a step is shared beyond ${alone} multiply-adds (n = ${keys(alone)} at d = 64) while they are awake, ` +
    `beyond ${asleep} (n = ${keys(asleep)}) to wake them: measured now`
  );
}
