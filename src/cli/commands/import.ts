import { Option, type Command } from 'commander';
import { importFiles, type Imported } from '../../../data/importers/import-files.js';
import type { ImportOptions } from '../../../data/importers/importer.js';
import { importers } from '../../../data/importers/index.js';
import { LIFTS, ROPE } from '../../../data/sources/recording-metadata.js';
import { ENCODINGS, type Encoding } from '../../../data/sources/tokenizer.js';
import { Failure } from '../../core/failure.js';
import { formatBytes } from '../../core/format.js';

interface ImportFlags {
  readonly output: string;
  readonly format?: string;
  readonly map?: string;
  readonly axes?: string;
  readonly d?: number;
  readonly kvHeads?: string;
  readonly scale?: string;
  readonly rope?: string;
  readonly k2Bias?: string;
  readonly v2Bias?: string;
  readonly lift?: string;
  readonly field?: string;
  readonly encoding?: Encoding;
  readonly together?: number;
  readonly json?: true;
}

/** `import`: files of other programs to a table that kronflow runs on. */
export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description('turn tensors, request logs or texts of other programs into a file that kronflow runs on')
    .argument('<file...>', 'files of one format; several are one model, or one stream each for texts')
    .requiredOption('-o, --output <file>', 'what to write: .arrow (fast) or .parquet (small)')
    .addOption(new Option('--format <name>', 'what the files are').choices(importers.map(({ name }) => name)))
    .option('--map <pattern>', "names of tensors or columns, e.g. 'layers.{layer}.{part}' or k1=key,v1=value")
    .option('--axes <list>', 'axes of tensors: stream, layer, head, pos, d or head*d, e.g. pos,head,d')
    .option('--d <n>', 'numbers per head, to split an axis head*d', whole('--d'))
    .option('--kv-heads <list>', 'key-value head of every query head, e.g. [0,0,1,1]')
    .option('--scale <x>', "factor on every score: a number, '1/sqrt(d)' or '1/d'")
    .addOption(new Option('--rope <when>', 'q and k were recorded pre or post rotation').choices(ROPE))
    .option('--k2-bias <x>', 'added to every number of k2 by the model')
    .option('--v2-bias <x>', 'added to every number of v2 by the model')
    .addOption(new Option('--lift <how>', 'make a side 2 of ordinary attention').choices([...LIFTS, 'none']))
    .option('--field <name>', 'field of a JSON line that holds the text')
    .addOption(new Option('--encoding <name>', 'vocabulary of texts (default: r50k)').choices(ENCODINGS))
    .option('--together <n>', 'streams of text that take turns (default: 8)', whole('--together'))
    .option('--json', 'print the report as JSON')
    .addHelpText('after', () => `\nFormats:\n${importers.map(formatHelp).join('\n')}`)
    .action(async (paths: readonly string[], flags: ImportFlags) => {
      const done = await importFiles(importers, paths, flags.output, optionsOf(flags), flags.format ?? null);
      process.stdout.write(flags.json ? `${JSON.stringify(done)}\n` : reportText(done));
    });
}

function formatHelp({ name, table, patterns, summary, carries }: (typeof importers)[number]): string {
  return `  ${name.padEnd(14)}${summary} (${patterns.join(', ')})\n${' '.repeat(16)}gives a ${table} table: ${carries}`;
}

function whole(flag: string) {
  return (text: string) => {
    if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
    throw new Failure(
      'bad-option',
      `${flag} = ${JSON.stringify(text)}: must be a whole number from 1`,
      'see --help',
    );
  };
}

function optionsOf(flags: ImportFlags): ImportOptions {
  const { map, axes, d, kvHeads, scale, rope, k2Bias, v2Bias, lift, field, encoding, together } = flags;
  return {
    ...{ map: map ?? null, axes: axes ?? null, d: d ?? null, kvHeads: kvHeads ?? null, scale: scale ?? null },
    ...{ rope: rope ?? null, k2Bias: k2Bias ?? null, v2Bias: v2Bias ?? null, lift: lift ?? null },
    ...{ field: field ?? null, encoding: encoding ?? null, together: together ?? null },
  };
}

function reportText({ importer, table, output, rows, bytes, carried, lost, warnings }: Imported): string {
  const lines = [
    `${output}: ${rows} rows of ${table}, ${formatBytes(bytes)}, from ${importer}`,
    ...carried.map((what) => `  carried: ${what}`),
    ...lost.map((what) => `  not carried: ${what}`),
    ...warnings.map((what) => `  careful: ${what}`),
  ];
  return `${lines.join('\n')}\n`;
}
