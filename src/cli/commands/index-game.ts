import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { writeWhole } from '../../../data/sinks/out-file.js';
import { playIndexGame, type IndexGame } from '../../../pipelines/index-game.js';
import { sizesOf } from '../../../pipelines/index-game/check.js';
import { labelCaches } from '../../../pipelines/label-caches.js';
import { loadPlugins, pluginOf } from '../../../pipelines/registry.js';
import { chooseKernel, createPool, inlinePool, SharedArena } from '../../../workers/index.js';
import { KERNELS, TILINGS, type KernelName } from '../../../workers/kernels/kernel.js';
import { Failure } from '../../core/failure.js';
import { indexGameTable } from '../index-game-table.js';
import { parseCaches } from '../named-options.js';
import { collect, natural, number, positive } from '../flag-parsers.js';

const DEFAULT_PER_LN = 4; // where exact attention has always recovered everything

const dimension = number(
  '--d',
  'a whole number from 2 to 256',
  (x) => Number.isInteger(x) && x >= 2 && x <= 256,
);

interface Flags {
  readonly streams: 'four' | 'two';
  readonly n: number;
  readonly d?: number;
  readonly dPerLn?: number;
  readonly cache: readonly string[];
  readonly seed: number;
  readonly bits?: number;
  readonly indices?: number;
  readonly threads: number;
  readonly kernel: KernelName | 'auto';
  readonly json?: true;
  readonly output?: string;
}

/** `index-game`: how many of the bits that a sender streams a receiver gets back from the state of a cache. */
export function addIndexGameCommand(program: Command): void {
  program
    .command('index-game')
    .description(
      'play the Index game behind the memory lower bounds: stream random bits through caches, decode them from the outputs',
    )
    .addOption(
      new Option(
        '--streams <four|two>',
        'four: n keys, k2 = v2 = 1; two: n² free triples, as rows of matrix order',
      )
        .choices(['four', 'two'])
        .default('four'),
    )
    .option('--n <n>', 'length of the stream, 2 or more', positive('--n'), 64)
    .option('--d <n>', 'dimension, 2 to 256', dimension)
    .option(
      '--d-per-ln <c>',
      `dimension as c·ln N (default: ${DEFAULT_PER_LN})`,
      number('--d-per-ln', 'a number above 0', (x) => x > 0 && Number.isFinite(x)),
    )
    .addOption(
      new Option('-c, --cache <name[:key=value,…]>', 'a cache to play with; repeat it for several')
        .argParser(collect)
        .default([], 'four-cache, two-cache, subgen4, window of half the rows'),
    )
    .option('--seed <n>', 'seed of keys, bits and caches', natural('--seed'), 1)
    .option(
      '--bits <b>',
      'round what is sent to b bits a number (default: lose nothing)',
      positive('--bits', 32),
    )
    .option('--indices <n>', 'decode only a sample of so many rows (default: all)', positive('--indices'))
    .addOption(
      new Option('--threads <n>', 'threads that compute attention, the main one included')
        .argParser(positive('--threads', 1024))
        .default(availableParallelism(), 'one per processor'),
    )
    .addOption(
      new Option('--kernel <name>', 'attention kernel').choices(['auto', ...KERNELS]).default('auto'),
    )
    .option('--json', 'print as JSON')
    .option('-o, --output <file>', 'write the result as JSON too: `kronflow report` draws it')
    .action(async (flags: Flags) => {
      const result = await atTable(flags, await gameOf(flags));
      if (flags.output !== undefined) {
        const text = Buffer.from(`${JSON.stringify(result, null, 2)}\n`);
        await writeWhole(flags.output, (file) => file.write(text));
      }
      const text = flags.json
        ? JSON.stringify(result, null, 2)
        : indexGameTable(result, process.stdout.columns);
      process.stdout.write(`${text}\n`);
    });
}

/**
 * What the flags ask for.
 * @throws Failure `bad-option`, `unknown-name`; `not-found` or `bad-plugin` for a cache from a file or package
 */
async function gameOf({ streams, n, d, dPerLn, cache, seed, bits, indices }: Flags): Promise<IndexGame> {
  if (d !== undefined && dPerLn !== undefined) {
    throw new Failure(
      'bad-option',
      `--d ${d} and --d-per-ln ${dPerLn} both give the dimension`,
      'leave one out',
    );
  }
  const rows = streams === 'four' ? n : n * n;
  const asked = parseCaches(cache.length > 0 ? cache : defaultCaches(rows));
  const registry = await loadPlugins(
    asked.map(({ name }) => name),
    process.cwd(),
  );
  return {
    ...{ streams, n, seed, bits: bits ?? null, indices: indices ?? null },
    d: d !== undefined ? { exactly: d } : { perLn: dPerLn ?? DEFAULT_PER_LN },
    caches: labelCaches(asked, registry).map(({ name, label, options }) => ({
      label,
      factory: pluginOf(registry, 'cache', name)(options),
    })),
  };
}

function defaultCaches(rows: number): readonly string[] {
  return ['four-cache', 'two-cache', 'subgen4', `window:size=${Math.ceil(rows / 2)}`];
}

async function atTable({ threads, kernel: wanted }: Flags, game: IndexGame) {
  const arena = SharedArena.create('f32');
  const kernel = await chooseKernel(wanted);
  const { d } = sizesOf(game);
  const small = TILINGS[kernel.name].work;
  // threads that no query would ever wake are not started
  const pool =
    (game.n + 1) ** 2 * d <= small
      ? inlinePool(arena, kernel.name)
      : createPool({ arena, threads, kernel, small });
  try {
    return await playIndexGame(game, { arena, pool });
  } finally {
    await pool.close();
  }
}
