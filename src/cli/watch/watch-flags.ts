import { Option, type Command } from 'commander';
import { Failure } from '../../core/failure.js';

/** How a run is watched; undefined where the user said nothing. */
export interface WatchFlags {
  readonly watch?: true | undefined;
  readonly watchPort?: number | undefined;
  readonly tui?: true | undefined;
}

/** Flags of everything that runs. */
export function addWatchFlags(command: Command): Command {
  return command
    .option('--watch', 'serve a page that shows the run while it goes, to this machine only')
    .addOption(
      new Option('--watch-port <n>', 'port of that page (default: any that is free)').argParser(port),
    )
    .option('--tui', 'show the run in the terminal while it goes');
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 65_535) return value;
  throw new Failure(
    'bad-option',
    `--watch-port = ${JSON.stringify(text)}: must be a whole number from 1 to 65535`,
    'leave it out for any free one',
  );
}
