import { describe, expect, it } from 'vitest';
import { createProgram } from './program.js';

const prune = (...flags: readonly string[]) =>
  createProgram().parseAsync([
    ...[
      'node',
      'kronflow',
      'prune',
      'no.safetensors',
      '--calibration',
      'no.parquet',
      '-o',
      'out.safetensors',
    ],
    ...flags,
  ]);

describe('kronflow prune', () => {
  it.each<[string, readonly string[], string, RegExp]>([
    ['ratio 1', ['--ratio', '1'], 'bad-option', /--ratio = "1": must be at least 0 and less than 1/],
    ['a ratio that is no number', ['--ratio', 'half'], 'bad-option', /--ratio = "half"/],
    [
      'λ = 0',
      ['--ratio', '.5', '--lambda', '0.1,0'],
      'bad-option',
      /--lambda = "0": must be numbers above 0/,
    ],
    ['an unknown method', ['--ratio', '.5', '--method', 'luck'], 'commander.invalidArgument', /luck/],
    ['no ratio', [], 'commander.missingMandatoryOptionValue', /--ratio/],
    ['a recording that is not there', ['--ratio', '.5'], 'not-found', /no\.parquet does not exist/],
  ])('refuses %s', async (_, flags, code, message) => {
    await expect(prune(...flags)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
