import type { Command } from 'commander';
import { LISTED, listingOf } from '../pages/listings.js';

/** `list caches|operators|…`: what there is, from the specs. */
export function addListCommand(program: Command): void {
  program
    .command('list')
    .description('list what can be named on the command line and in pipeline files')
    .argument('<kind>', `what to list: ${LISTED.join(', ')}`)
    .option('--json', 'print as a JSON array')
    .action(async (kind: string, { json }: { json?: true }) => {
      const { items, text } = await listingOf(kind);
      process.stdout.write(`${json ? JSON.stringify(items, null, 2) : text}\n`);
    });
}
