import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Command } from 'commander';
import { kernelLadder } from '../../../workers/choose-kernel.js';
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
      if (json)
        return void process.stdout.write(
          `${JSON.stringify({ ...machine, kernel: chosen?.label, ladder })}\n`,
        );
      const { cpu, processors, memory_bytes, node } = machine;
      const lines = ladder.map((rung) => {
        const state = rung.refused ?? (rung === chosen ? 'works, and is used' : 'works');
        return `  ${rung.label.padEnd(16)} ${state}${rung.note === undefined ? '' : ` (${rung.note})`}`;
      });
      process.stdout.write(
        `kronflow ${VERSION}, Node ${node}, ${processors} × ${cpu}, ${formatBytes(memory_bytes)}\nkernels, fastest first:\n${lines.join('\n')}\n`,
      );
    });
}
