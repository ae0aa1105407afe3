import { POLICY_NAMES } from '../../pipelines/allocation/policies.js';
import { checkAllocation, type AllocationRequest } from '../../pipelines/allocation/schema.js';
import type { RequestedCache } from '../../pipelines/label-caches.js';
import { Failure } from '../core/failure.js';
import { parseBytes } from '../core/format.js';

/** A plug-in as typed on the command line. */
export interface NamedOptions {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const TEXTS = ['path', 'label', 'calibration']; // a file may be called 2024

/**
 * Read `NAME[:key=value,…]`, e.g. `subgen4:delta=0.5,t=8`. Values are numbers, true, false, or text.
 * @throws Failure `bad-option` when it is not of that form
 */
export function parseNamed(flag: string, text: string): NamedOptions {
  const [name, ...rest] = text.split(':');
  const list = rest.join(':');
  const refuse = (why: string) =>
    new Failure(
      'bad-option',
      `${flag} ${text}: ${why}`,
      `write ${flag} NAME or ${flag} NAME:key=value,key=value`,
    );
  if (name === '') throw refuse('the name is missing');
  const options: Record<string, unknown> = {};
  for (const part of list === '' ? [] : list.split(',')) {
    const at = part.indexOf('=');
    if (at < 1) throw refuse(`"${part}" is not key=value`);
    const key = part.slice(0, at);
    if (key in options) throw refuse(`"${key}" is given twice`);
    const value = part.slice(at + 1);
    options[key] = TEXTS.includes(key) ? value : parseValue(value);
  }
  return { name, options };
}

function parseValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * Operators or sinks of a run.
 * @throws Failure `bad-option`
 */
export function parseAll(
  flag: string,
  texts: readonly string[] = [],
): { name: string; options: Record<string, unknown> }[] {
  return texts.map((text) => {
    const { name, options } = parseNamed(flag, text);
    return { name, options: { ...options } };
  });
}

/**
 * Caches of a run with their labels: `label=…` if given; the whole text where a name stands more than once; none otherwise,
 * which leaves it to the name that the plug-in says of itself.
 * @throws Failure `bad-option`
 */
export function parseCaches(texts: readonly string[]): RequestedCache[] {
  const parsed = texts.map((text) => ({ text, ...parseNamed('--cache', text) }));
  return parsed.map(({ text, name, options: { label, ...options } }) => {
    const alone = parsed.filter((other) => other.name === name).length === 1;
    if (label === undefined && alone) return { name, options };
    return { name, label: label === undefined ? text : String(label), options };
  });
}

/**
 * Read `POLICY:SIZE[@TOKENS][,key=value…]`, e.g. `pyramid:64KiB@256,beta=4`.
 * @throws Failure `bad-option` when it is not of that form, or an option is wrong
 */
export function parseAllocation(text: string): AllocationRequest {
  const [, policy, size, at, rest = ''] = /^([^:]+):([^@,]+)(?:@(\d+))?((?:,[^,]+)*)$/.exec(text) ?? [];
  const bytes = size === undefined ? null : parseBytes(size);
  if (bytes === null || bytes < 1) {
    throw new Failure(
      'bad-option',
      `--allocate ${text}: not of the form POLICY:SIZE[@TOKENS][,key=value]`,
      `write --allocate pyramid:64KiB, or pyramid:64KiB@256 for streams of 256 tokens; policies: ${POLICY_NAMES.join(', ')}`,
    );
  }
  const { options } = parseNamed('--allocate', `${policy}:${rest.slice(1)}`);
  const given = { policy, bytes: Math.floor(bytes), at: at === undefined ? null : Number(at) };
  return checkAllocation({ ...options, ...given });
}
