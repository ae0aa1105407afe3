import type { z } from 'zod';
import { formatValue } from '../../src/core/format.js';
import { didYouMean, nearest } from '../../src/core/nearest.js';

type Issue = z.core.$ZodIssue;

/** A rule of a schema and what to do, for people. */
export interface Told {
  readonly rule: string;
  readonly hint: string;
}

const KIND: Readonly<Record<string, string>> = {
  ...{ number: 'a number', int: 'a whole number', string: 'a text', boolean: 'true or false' },
  ...{ array: 'a list', object: 'a map of keys', record: 'a map of keys' },
};
const YES = ['yes', 'on', 'y'];
const NO = ['no', 'off', 'n'];

/** What a schema says of a value that breaks it. */
export function ruleOf(issue: Issue, value: unknown, hint: string): Told {
  const { code } = issue;
  if (code === 'invalid_type') return typeRule(issue.expected, value, hint);
  if (code === 'too_small' || code === 'too_big') return { rule: `must be ${limit(issue)}`, hint };
  if (code === 'invalid_value') return choiceRule(issue.values, value, hint);
  const isUnsaid = code === 'invalid_union' && issue.message === 'Invalid input';
  return { rule: isUnsaid ? unionRule(issue.errors) : issue.message, hint };
}

function typeRule(expected: string, value: unknown, hint: string): Told {
  const rule = `must be ${KIND[expected] ?? expected}`;
  if (value === null)
    return {
      rule: `there is nothing, and it ${rule}`,
      hint: 'write a value; or are the lines below it not indented under it?',
    };
  if (typeof value === 'string') return { rule, hint: textHint(expected, value) ?? hint };
  if (expected === 'array') return { rule, hint: 'begin each entry with a dash: - name: …, or write [a, b]' };
  if (expected === 'object' && Array.isArray(value)) return { rule, hint: 'leave out the dash or the [ ]' };
  return { rule, hint };
}

/** A text where none belongs is often a value of another type in disguise. */
function textHint(expected: string, text: string): string | null {
  const word = text.toLowerCase();
  if (expected === 'boolean' && YES.includes(word)) return 'write true';
  if (expected === 'boolean' && NO.includes(word)) return 'write false';
  if (expected === 'boolean' && ['true', 'false'].includes(word)) return `write ${word}, without quotes`;
  const isNumber = text.trim() !== '' && Number.isFinite(Number(text));
  if ((expected === 'number' || expected === 'int') && isNumber)
    return `write ${text.trim()}, without quotes`;
  if (expected === 'object') return `write it as a map: { name: ${text} }`;
  return expected === 'array' ? `write it as a list: [${text}]` : null;
}

function limit(issue: Issue & { code: 'too_small' | 'too_big' }): string {
  const small = issue.code === 'too_small';
  const bound = Number(small ? issue.minimum : issue.maximum);
  if (issue.origin === 'array') return `a list of at ${small ? 'least' : 'most'} ${bound}`;
  if (issue.origin === 'string')
    return small && bound === 1
      ? 'a text that is not empty'
      : `a text of at ${small ? 'least' : 'most'} ${bound} characters`;
  if (issue.inclusive) return `${bound} or ${small ? 'more' : 'less'}`;
  return `${small ? 'more' : 'less'} than ${bound}`;
}

function choiceRule(values: readonly unknown[], value: unknown, hint: string): Told {
  const names = values.map(String);
  const rule = values.length === 1 ? `must be ${names[0]}` : `must be one of ${names.join(', ')}`;
  if (typeof value !== 'string' || nearest(value, names) === names) return { rule, hint };
  return { rule, hint: didYouMean(value, names) };
}

/** The first rule of every choice: a number, or a text that …. */
function unionRule(choices: readonly (readonly Issue[])[]): string {
  const rules = choices.map(([first]) =>
    first.code === 'invalid_type' ? (KIND[first.expected] ?? first.expected) : first.message,
  );
  return `must be ${[...new Set(rules)].join(', or ')}`;
}

/** `delta = -1` for a value that was given, the name alone for one that is missing or empty. */
export function valueText(name: string, value: unknown, template?: string): string {
  if (value === undefined || value === null) return name;
  const written = template === undefined ? '' : ` (from ${template})`;
  return `${name} = ${formatValue(value)}${written}`;
}
