import { Failure } from '../../core/failure.js';

/** What is scaffolded, and in which language. */
export interface Scaffold {
  /** Kebab case. */
  readonly name: string;
  /** The same as an identifier: the export. */
  readonly exported: string;
  readonly typescript: boolean;
}

/** Path of each file from the folder that is made, and its text. */
export type Files = Readonly<Record<string, string>>;

const LONGEST = 60;
/** Words of the language, and what every scaffold imports. */
const TAKEN = new Set(
  (
    'await break case catch class const continue debugger default delete do else enum export extends false finally ' +
    'for function if implements import in instanceof interface let new null package private protected public return ' +
    'static super switch this throw true try typeof var void while with yield arguments eval z test map'
  ).split(' '),
);

/**
 * Check a name for a plug-in or pipeline.
 * @throws Failure `bad-option` with a name that would do
 */
export function checkName(kind: string, name: string): string {
  const proposal = nearestName(kind, name);
  const refuse = (why: string) => {
    throw new Failure('bad-option', `${kind} name "${name}": ${why}`, `use ${proposal}`);
  };
  if (name.length > LONGEST) refuse(`longer than ${LONGEST} characters`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    refuse('must be lower-case words with dashes between them');
  if (TAKEN.has(name)) refuse('is a word of JavaScript or of every plug-in');
  return name;
}

/** `my-cache` as an identifier, `myCache`. */
export function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function nearestName(kind: string, name: string): string {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  const plain = words
    .join('-')
    .replace(/^[^a-z]+/, '')
    .slice(0, LONGEST - 10)
    .replace(/-+$/, '');
  return plain === '' || TAKEN.has(plain) ? `my-${plain || kind}` : plain;
}
