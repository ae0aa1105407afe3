import { Option, type Command } from 'commander';
import { refuseExisting } from '../../../data/importers/import-files.js';
import { Failure } from '../../core/failure.js';
import { formatBytes, parseBytes } from '../../core/format.js';
import { positive } from '../flag-parsers.js';
import { writeTimeline } from '../timeline/write-timeline.js';

interface TimelineFlags {
  readonly output: string;
  readonly maxEvents: number;
  readonly maxSize: number;
}

/** `timeline`: where the time of a run went, for a viewer of Chrome trace events. */
export function addTimelineCommand(program: Command): void {
  program
    .command('timeline')
    .description(
      'write when each cache updated, planned, waited and attended, for Perfetto (ui.perfetto.dev)',
    )
    .argument('<trace>', 'folder of a sealed trace')
    .requiredOption('-o, --output <file>', 'what to write: Chrome trace-event JSON')
    .option(
      '--max-events <n>',
      'most events; of a longer trace every so-many-th token',
      positive('--max-events'),
      100_000,
    )
    .addOption(
      new Option('--max-size <size>', 'most bytes of the file').argParser(size).default(20 << 20, '20MiB'),
    )
    .action(timeline);
}

async function timeline(dir: string, { output, maxEvents, maxSize }: TimelineFlags): Promise<void> {
  await refuseExisting(output);
  const { note, events, bytes } = await writeTimeline(dir, output, { events: maxEvents, bytes: maxSize });
  process.stderr.write(`note: ${note}\n`);
  process.stdout.write(`${output}: ${events} events, ${formatBytes(bytes)}; open it at ui.perfetto.dev\n`);
}

function size(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== null && bytes > 0) return bytes;
  throw new Failure(
    'bad-option',
    `--max-size = ${JSON.stringify(text)}: must be a size`,
    'write 20MiB or plain bytes',
  );
}
