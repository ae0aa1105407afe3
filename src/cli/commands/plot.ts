import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import { writeWhole } from '../../../data/sinks/out-file.js';
import { openTraces } from '../../query/index.js';
import { answer, contextOf, contextOfGames } from '../../report/collect.js';
import { comparability } from '../../report/groups.js';
import type { ThemeName } from '../../report/look.js';
import { plots } from '../../report/plots/index.js';
import { Failure } from '../../core/failure.js';
import { positive } from '../flag-parsers.js';
import { sortInputs } from './report.js';

interface Flags {
  readonly kind: string;
  readonly output: string;
  readonly width: number;
  readonly scale: number;
  readonly theme: ThemeName;
  readonly title: boolean;
}

/** `plot`: one picture of traces, for papers and for machines without a browser. */
export function addPlotCommand(program: Command): void {
  program
    .command('plot')
    .description('draw one plot of sealed traces as SVG or PNG, without a browser')
    .argument(
      '<traces...>',
      'folders of sealed traces; files of `kronflow index-game -o` may stand among them, or alone',
    )
    .addOption(new Option('--kind <name>', 'which plot').choices(plots.map(({ id }) => id)).default('pareto'))
    .requiredOption('-o, --output <file>', 'x.svg or x.png')
    .option('--width <px>', 'pixels of the whole picture', positive('--width', 10_000), 720)
    .option('--scale <k>', 'pixels of a PNG for each of those: 2 is twice as fine', positive('--scale', 8), 1)
    .addOption(new Option('--theme <name>', 'colours').choices(['light', 'dark']).default('light'))
    .option('--no-title', 'leave out the title')
    .addHelpText(
      'after',
      () => `\nKinds:\n${plots.map(({ id, title }) => `  ${id.padEnd(16)}${title}`).join('\n')}`,
    )
    .action(plot);
}

async function plot(given: readonly string[], flags: Flags): Promise<void> {
  const format = formatOf(flags.output);
  const chosen = plots.find(({ id }) => id === flags.kind)!;
  const { dirs, games } = await sortInputs(given);
  const { svgToPng } = await import('../../report/draw.js'); // it loads Vega: not for other commands
  const { drawToWidth } = await import('../../report/draw-to-width.js');
  const db = dirs.length === 0 ? null : await openTraces(dirs);
  try {
    const context = db === null ? contextOfGames(games) : await contextOf(db, games);
    for (const text of comparability(context.groups)) process.stderr.write(`note: ${text}\n`);
    const found = await answer(chosen, db, context);
    if ('reason' in found)
      throw new Failure(
        'bad-input',
        `${chosen.id} cannot be drawn: ${found.reason}`,
        'kronflow report shows every plot that these traces allow',
      );
    const svg = await drawToWidth(chosen, found.rows, context, { ...flags, titled: flags.title });
    const picture = format === 'svg' ? Buffer.from(svg) : await svgToPng(svg, flags.scale);
    await writeWhole(flags.output, (file) => file.write(picture));
    process.stdout.write(`${flags.output}: ${chosen.title}, ${found.rows.length} rows\n`);
  } finally {
    db?.close();
  }
}

/** @throws Failure `bad-option` */
function formatOf(path: string): 'svg' | 'png' {
  const extension = extname(path).slice(1).toLowerCase();
  if (extension === 'svg' || extension === 'png') return extension;
  throw new Failure('bad-option', `-o ${path}: a picture ends in .svg or .png`, 'write -o plot.svg');
}
