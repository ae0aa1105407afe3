import { Option, type Command } from 'commander';
import { bounds, boundsInput, type BoundsInput, type Statement } from '../../bounds/index.js';
import { Failure } from '../../core/failure.js';
import { boundsTable, explainBounds } from '../bounds-table.js';
import { optionsOf } from '../describe.js';

type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** `bounds`: every theorem at given sizes, as the paper states it and as it holds. */
export function addBoundsCommand(program: Command): void {
  const command = program
    .command('bounds')
    .description(
      'evaluate the theorems of the papers: claimed, corrected, and whether their conditions hold',
    );
  for (const { name, description, default: value } of optionsOf({ options: boundsInput })) {
    command.addOption(new Option(`--${kebab(name)} <x>`, `${description} (default: ${shortly(value)})`));
  }
  command
    .option('--explain', 'say what is wrong with the version of the paper')
    .option('--json', 'print as JSON')
    .action((flags: Flags) => {
      const input = readInput(flags);
      const statements = bounds.map((bound) => bound(input));
      process.stdout.write(`${flags.json ? toJson(input, statements) : toText(statements, flags)}\n`);
    });
}

/**
 * The parameters of the statements.
 * @throws Failure `bad-option` naming the flag, its value and the rule
 */
function readInput(flags: Flags): BoundsInput {
  const given = Object.entries(flags).filter(
    (flag): flag is [string, string] => flag[0] in boundsInput.shape && typeof flag[1] === 'string',
  );
  const numbers = given.map(([name, text]) => [name, text.trim() === '' ? NaN : Number(text)]);
  const parsed = boundsInput.safeParse(Object.fromEntries(numbers));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  const name = String(path[0]);
  throw new Failure(
    'bad-option',
    `--${kebab(name)} = ${JSON.stringify(flags[name] ?? 'default')}: ${message}`,
    'see kronflow bounds --help',
  );
}

function toText(statements: readonly Statement[], { explain }: Flags): string {
  const { columns: width } = process.stdout; // undefined in a file
  const table = boundsTable(statements, width);
  return explain
    ? `${table}\n\n${explainBounds(statements, width)}`
    : `${table}\n--explain says what is wrong`;
}

/** JSON has no infinity: such a value is null, and its `log10` says how large it is. */
function toJson(input: BoundsInput, statements: readonly Statement[]): string {
  return JSON.stringify({ input, statements }, null, 2);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function shortly(value: unknown): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
}
