import { describe, expect, it } from 'vitest';
import { Failure } from '../core/failure.js';
import { createProgram } from './program.js';

/** What a command line is refused with before anything runs. */
async function refusal(...args: readonly string[]): Promise<Failure> {
  try {
    await createProgram().parseAsync(['node', 'kronflow', ...args]);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('numbers on the command line', () => {
  it.each([
    ['--d', '2.5', 'a whole number from 1 to 256'],
    ['--d', '', 'a whole number from 1 to 256'],
    ['--d', '-8', 'a whole number from 1 to 256'],
    ['--d', 'Infinity', 'a whole number from 1 to 256'],
    ['--heads', '1025', 'a whole number from 1 to 1024'],
    ['--layers', '0', 'a whole number from 1 to 1024'],
    ['--threads', '0', 'a whole number from 1 to 1024'],
    ['--tokens', '0', 'a whole number'],
    ['--prompt', '-1', 'a whole number, 0 or more'],
    ['--seed', '1.5', 'a whole number, 0 or more'],
    ['--scale', '0', 'a number other than 0'],
    ['--scale', 'NaN', 'a number other than 0'],
    ['--score-std', '-1', 'a number above 0'],
    ['--score-std', 'Infinity', 'a number above 0'],
    ['--memory', 'lots', 'a size'],
    ['--memory', '0', 'a size'],
  ])('%s %j is refused: it must be %s', async (flag, value, rule) => {
    const { code, what, hint } = await refusal('run', `${flag}=${value}`);
    expect({ code, hint: hint !== undefined }).toEqual({ code: 'bad-option', hint: true });
    expect(what).toContain(`${flag} = ${JSON.stringify(value)}: must be ${rule}`);
  });
});

describe('names with options on the command line', () => {
  it.each([
    ['window:size', '--cache window:size: "size" is not key=value'],
    ['window:size=1,size=2', '--cache window:size=1,size=2: "size" is given twice'],
    [':size=1', 'the name is missing'],
  ])('--cache %s is refused', async (text, words) => {
    const { code, what } = await refusal('run', '--cache', text);
    expect(code).toBe('bad-option');
    expect(what).toContain(words);
  });

  it('a flag that a source has too must say the same; an encoding is refused where there is no vocabulary', async () => {
    const twice = await refusal('run', '--source', 'gaussian:d=4', '--d', '8');
    expect(twice).toMatchObject({
      code: 'bad-option',
      what: '--source gaussian:d=4 and a flag that says d = 8',
    });
    const encoding = await refusal('run', '--source', 'gaussian', '--encoding', 'r50k');
    expect(encoding.what).toBe('--encoding r50k: source gaussian has no vocabulary');
  });
});

it('says defaults in help as they are typed', () => {
  const compare = createProgram().commands.find((command) => command.name() === 'compare')!;
  expect(compare.helpInformation().replaceAll(/\s+/g, ' ')).toContain('several with commas (default: 64KiB)');
});
