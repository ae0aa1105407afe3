import type { Command } from 'commander';
import { exportFile } from '../../../data/importers/export-files.js';
import { formatBytes } from '../../core/format.js';

/** `export`: a recording for other programs. */
export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('write a recording, requests or tokens for other programs')
    .argument('<file>', 'recording: Parquet or Arrow')
    .requiredOption('-o, --output <file>', 'what to write: .safetensors, .jsonl, .parquet or .arrow')
    .option('--json', 'print the report as JSON')
    .action(async (input: string, { output, json }: { output: string; json?: true }) => {
      const done = await exportFile(input, output);
      const lines = [`${output}: ${done.rows} rows, ${formatBytes(done.bytes)}`];
      const lost = done.lost.map((what) => `  not carried: ${what}`);
      process.stdout.write(json ? `${JSON.stringify(done)}\n` : `${[...lines, ...lost].join('\n')}\n`);
    });
}
