import type { Speed } from '../../pipelines/paced.js';
import { Failure } from '../core/failure.js';
import { parseBytes } from '../core/format.js';
import { parseNamed } from './named-options.js';

/** Parser of a flag that is a number; `rule` says which. */
export const number = (name: string, rule: string, ok: (x: number) => boolean) => (text: string) => {
  const value = Number(text);
  if (text.trim() !== '' && ok(value)) return value;
  throw new Failure('bad-option', `${name} = ${JSON.stringify(text)}: must be ${rule}`, 'see --help');
};
/** Parser of a flag that counts something, from 1. */
export const positive = (name: string, most = Number.MAX_SAFE_INTEGER) =>
  number(name, `a whole number from 1 to ${most}`, (x) => Number.isInteger(x) && x >= 1 && x <= most);
/** Parser of a flag that is a whole number, 0 or more. */
export const natural = (name: string) =>
  number(name, 'a whole number, 0 or more', (x) => Number.isSafeInteger(x) && x >= 0);
/** Parser of a flag that is a size in bytes. */
export const bytes = (name: string) => (text: string) => {
  const value = parseBytes(text);
  if (value !== null && value > 0) return value;
  throw new Failure(
    'bad-option',
    `${name} = ${JSON.stringify(text)}: must be a size`,
    'write 512MiB, 2GiB or plain bytes',
  );
};
/**
 * Options of how sparsity is measured.
 *
 * @throws Failure `bad-option`
 */
export function sparsityOptions(text: string): Readonly<Record<string, unknown>> {
  if (text.split(',').every((part) => part.indexOf('=') > 0))
    return parseNamed('--sparsity', `sparsity:${text}`).options;
  throw new Failure(
    'bad-option',
    `--sparsity ${text}: not of the form key=value`,
    'write --sparsity every=16, with epsilon=, mass= and share= if you like',
  );
}

/** Parser of a flag that can be repeated. */
export const collect = (text: string, list: readonly string[]) => [...list, text];

/**
 * Whether steps wait for their times, and how long.
 *
 * @throws Failure `bad-option`
 */
export function parseSpeed(text: string): Speed {
  const factor = Number(/^(\d+(?:\.\d+)?)x$/.exec(text)?.[1]);
  if (text === 'max') return 'max';
  if (factor > 0) return factor;
  throw new Failure(
    'bad-option',
    `--speed = ${JSON.stringify(text)}: must be max or a factor`,
    'write 1x, 10x or max',
  );
}
