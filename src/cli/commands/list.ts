import { Argument, type Command } from 'commander';
import { sources } from '../../../data/sources/index.js';
import { caches } from '../../../operators/caches/index.js';
import type { Plugin } from '../../core/plugin.js';
import { describePlugin, pluginListing } from '../describe.js';

const KINDS: Readonly<Record<string, readonly Plugin[]>> = { caches, sources };

/** `list caches|sources`: what there is, from the specs. */
export function addListCommand(program: Command): void {
  program
    .command('list')
    .description('list what can be named on the command line')
    .addArgument(new Argument('<kind>', 'what to list').choices(Object.keys(KINDS)))
    .option('--json', 'print as a JSON array')
    .action((kind: string, { json }: { json?: true }) => {
      const text = json
        ? JSON.stringify(KINDS[kind].map(describePlugin), null, 2)
        : KINDS[kind].map(pluginListing).join('\n');
      process.stdout.write(`${text}\n`);
    });
}
