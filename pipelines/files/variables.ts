import { isScalar, parseDocument } from 'yaml';
import { PipelineFailure, type Problem } from './problem.js';
import { mapScalars, type Node, type Path, type ScalarNode } from './tree.js';

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Keys whose value is a text whatever it looks like: a file may be called 2024. */
const TEXTS: readonly PropertyKey[] = [
  'name',
  'label',
  'path',
  'weights',
  'output',
  'description',
  'include',
];

const VARIABLE = /\$\$\{|\$\{([^}]*)\}?/g;

/**
 * Put environment variables into values: `${NAME}`, `${NAME:default}`, and `${NAME:+text}` for a text that is there only if
 * NAME is set; `$${` is a plain `${`. An empty variable counts as not set. The result is typed as YAML types plain text; a
 * path that begins with the value of a variable is relative to the working folder, where its user wrote it.
 *
 * @throws PipelineFailure `bad-option` for a variable that is not set and has no default
 */
export function fillVariables(tree: Node, env: Environment): Node {
  const problems: Problem[] = [];
  const filled = mapScalars(tree, (scalar, path) => {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) return scalar;
    const refuse = (what: string, hint: string) =>
      void problems.push({ code: 'bad-option', place: scalar.place, path, value: scalar.value, what, hint });
    return fill(scalar, scalar.value, path, { env, refuse });
  });
  if (problems.length > 0) throw new PipelineFailure(problems);
  return filled;
}

/** A scalar typed as YAML types plain text, unless its key takes only texts. */
export function typed(text: string, path: Path): unknown {
  if (TEXTS.includes(keyOf(path))) return text;
  const { contents, errors, warnings } = parseDocument(text, { logLevel: 'silent' });
  if (errors.length + warnings.length > 0) return text;
  return contents === null ? null : isScalar(contents) ? contents.value : text;
}

/** The last name on a path: of a list of files, that of the list. */
function keyOf(path: Path): PropertyKey {
  return path.findLast((step) => typeof step === 'string') ?? '';
}

interface Filling {
  readonly env: Environment;
  refuse(what: string, hint: string): void;
}

function fill(scalar: ScalarNode, template: string, path: Path, { env, refuse }: Filling): ScalarNode {
  let fromEnvironment = false;
  const text = template.replace(VARIABLE, (whole, inside: string | undefined, at: number) => {
    if (inside === undefined) return '${';
    const [, name, alternative, value] = /^([A-Za-z_]\w*)(?::(\+?)([^]*))?$/.exec(inside) ?? [];
    if (name === undefined || !whole.endsWith('}') || inside.includes('${')) {
      refuse(`${template}: not a variable`, 'write ${NAME} or ${NAME:default}; for a plain ${ write $${');
      return '';
    }
    const set = env[name] === undefined || env[name] === '' ? null : env[name];
    if (alternative === '+') return set === null ? '' : value;
    if (set === null && value === undefined) {
      const hint = `set it (${name}=… kronflow …), or write a default: \${${name}:value}`;
      refuse(`the environment variable ${name} is not set`, hint);
    }
    if (set !== null && at === 0) fromEnvironment = true;
    return set ?? value ?? '';
  });
  const place = fromEnvironment ? { ...scalar.place, folder: '' } : scalar.place;
  return { ...scalar, place, value: typed(text, path), template };
}
