import type { RequestedCache } from '../../pipelines/label-caches.js';
import { Failure } from '../core/failure.js';

/** A plug-in as typed on the command line. */
export interface NamedOptions {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const TEXTS = ['path', 'label']; // a file may be called 2024

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
