import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { writeWhole } from '../../../data/sinks/out-file.js';
import { SEQUENCE_KERNELS } from '../../../pipelines/train/kernels.js';
import { parsePhases, type Phase } from '../../../pipelines/train/phases.js';
import { refuseUnwritable, trainModel, type Look, type Trained } from '../../../pipelines/train.js';
import { groupThousands } from '../../core/format.js';
import { isScale, SCALE_RULE, type Order } from '../../core/shape.js';
import { VERSION } from '../../core/version.js';
import { EXIT } from '../exit-codes.js';
import { natural, number, positive } from '../flag-parsers.js';
import { stoppable } from '../stoppable.js';

interface Flags {
  readonly output: string;
  readonly order: Order;
  readonly layers: number;
  readonly heads: number;
  readonly d: number;
  readonly width: number;
  readonly hidden: number;
  readonly previous: number;
  readonly scale?: number;
  readonly phases: readonly Phase[];
  readonly rate: number;
  readonly dropout: number;
  readonly smoothing: number;
  readonly heldOut: number;
  readonly every: number;
  readonly seed: number;
  readonly threads: number;
  readonly kernel: string;
  readonly log?: string;
  readonly json?: true;
}

/** `train`: a language model on the bytes of a text. */
export function addTrainCommand(program: Command): void {
  program
    .command('train')
    .description(
      'train a small language model, with attention over pairs or over tokens, on the bytes of a text',
    )
    .argument('<text>', 'file whose bytes are the tokens')
    .requiredOption(
      '-o, --output <file>',
      'what to write: a model for `run --model`, safetensors in bfloat16; until then FILE.partial has the model of the last look',
    )
    .addOption(
      new Option('--order <order>', 'attention over pairs of tokens, or over tokens')
        .choices(['tensor', 'matrix'])
        .default('tensor'),
    )
    .option('--layers <n>', 'layers', positive('--layers', 64), 2)
    .option('--heads <n>', 'heads of each layer', positive('--heads', 256), 4)
    .option('--d <n>', 'numbers per head', positive('--d', 256), 16)
    .option('--width <n>', 'numbers of a token between layers (dModel)', positive('--width', 4096), 128)
    .option(
      '--hidden <n>',
      'numbers between the two feed-forward matrices',
      positive('--hidden', 65_536),
      640,
    )
    .option(
      '--previous <n>',
      'tokens before a token that are embedded with it',
      number('--previous', 'a whole number from 0 to 64', (x) => Number.isInteger(x) && x >= 0 && x <= 64),
      4,
    )
    .option('--scale <x>', 'factor on every score (default: 1/√d)', number('--scale', SCALE_RULE, isScale))
    .addOption(
      new Option('--phases <list>', 'STEPSxSEQUENCESxLENGTH, commas between; the longest is the context')
        .argParser(parsePhases)
        .default(parsePhases(PHASES), PHASES),
    )
    .option(
      '--rate <x>',
      'largest rate, of Muon and of Adam',
      number('--rate', 'above 0', (x) => x > 0),
      0.008,
    )
    .option(
      '--dropout <share>',
      'share of numbers that training leaves out at random',
      number('--dropout', '0 or more, and below 1', (x) => x >= 0 && x < 1),
      0.1,
    )
    .option(
      '--smoothing <share>',
      'share of every target that an n-gram of the rest of the text gives, in place of the next byte',
      number('--smoothing', '0 or more, and at most 1', (x) => x >= 0 && x <= 1),
      0.5,
    )
    .option(
      '--held-out <share>',
      'share of the text, at its end, that is not trained on',
      number('--held-out', 'above 0 and below 1', (x) => x > 0 && x < 1),
      0.1,
    )
    .option('--every <n>', 'steps between two looks at the held-out text', positive('--every'), 500)
    .option('--seed <n>', 'of first weights and batches', natural('--seed'), 1)
    .option(
      '--threads <n>',
      'threads; the model does not depend on them',
      positive('--threads', 256),
      availableParallelism(),
    )
    .addOption(new Option('--kernel <name>', 'what computes').choices(SEQUENCE_KERNELS).default('auto'))
    .option('--log <file>', 'also write what was done and seen, as JSON')
    .option('--json', 'print the same JSON')
    .action(train);
}

const PHASES = '2000x32x64'; // minutes: enough to see it learn

async function train(text: string, flags: Flags): Promise<void> {
  const { order, layers, heads, d, width, hidden, previous, log, json, ...rest } = flags;
  const scale = flags.scale ?? 1 / Math.sqrt(d);
  const shape = { order, layers, heads, d, scale, dModel: width, hidden, previous };
  if (log !== undefined) await refuseUnwritable(log);
  const onLook = (look: Look) => process.stderr.write(`${lookLine(look)}\n`);
  const trained = await stoppable(
    () => 'stopping after this step, and writing the model as it is',
    async (signal) => {
      const done = await trainModel({ ...rest, text, shape, signal, onLook });
      if (signal.aborted) process.exitCode = EXIT.interrupted;
      return done;
    },
  );
  const said = `${JSON.stringify(report(shape, flags, trained), null, 2)}\n`;
  if (log !== undefined) await writeWhole(log, (file) => file.write(Buffer.from(said)));
  process.stdout.write(json ? said : `${flags.output}: ${groupThousands(trained.parameters)} parameters\n`);
}

function lookLine({ step, tokens, train_bits, held_out_bits, seconds }: Look): string {
  const bits = `${train_bits.toFixed(3)} bits per byte in training, ${held_out_bits.toFixed(3)} held out`;
  return `step ${step}, ${(tokens / 1e6).toFixed(2)} M tokens: ${bits}, ${seconds.toFixed(0)} s`;
}

/** All that decides the model, and what was seen; no names of files. */
function report(shape: object, flags: Flags, { looks, ...trained }: Trained) {
  const { phases, rate, dropout, smoothing, heldOut, seed } = flags;
  return {
    kronflow: VERSION,
    shape,
    phases,
    rate,
    dropout,
    smoothing,
    held_out: heldOut,
    seed,
    ...trained,
    looks,
  };
}
