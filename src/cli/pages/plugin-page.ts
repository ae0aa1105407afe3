import type { CachePlugin, CacheSpec } from '../../core/cache.js';
import type { OperatorSpec } from '../../core/operator.js';
import type { Plugin } from '../../core/plugin.js';
import type { SourceSpec } from '../../core/source.js';
import { exampleOf } from './cache-example.js';
import { ANSWERS, defaultOf, optionsOf, SIZED_AT, sizesOf, wrapped, type OptionText } from '../describe.js';

/** What a page is made from. */
export interface PageParts {
  readonly plugin: Plugin;
  /** As users name it: a plain name, or `./file.js#export`. */
  readonly name: string;
  /** What its author wrote above the code; null where that is not known. */
  readonly comment: string | null;
}

/** `kronflow help KIND NAME`: everything that a plug-in's spec and its doc comment say, in lines of 100 columns. */
export function pluginPage({ plugin, name, comment }: PageParts): string {
  const { kind, summary } = plugin.spec;
  const options = optionsOf(plugin.spec);
  const sections = [
    wrapped(`${kind} ${name}: ${summary}`, 2).join('\n'),
    factsOf(plugin).map(factText).join('\n'),
    options.length === 0 ? 'No options.' : `Options\n${options.map(optionText).join('\n')}`,
    ...(comment === null ? [] : [`About\n${indented(comment)}`]),
    `In a pipeline file\n${indented(yamlOf(plugin, name, options))}`,
    ...commandsOf(plugin, name, options).map((command) => `On the command line\n  ${command}`),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

type Fact = readonly [what: string, text: string];

function factsOf(plugin: Plugin): readonly Fact[] {
  const { spec } = plugin;
  const { paper } = spec;
  const source: Fact = [
    'paper',
    paper === null ? 'none, derived here' : `${paper.title}, ${paper.section}\n${paper.url}`,
  ];
  if (spec.kind === 'source') {
    const { brings } = spec as SourceSpec;
    const said =
      brings === 'tokens' ? 'tokens, whose rows embed and project make' : 'q, k and v of every token';
    return [['brings', said], ...(paper === null ? [] : [source])];
  }
  if (spec.kind === 'operator') {
    const { after, state = 'none' } = spec as OperatorSpec;
    return [['stands after', after], ['state', STATES[state]], ...(paper === null ? [] : [source])];
  }
  if (spec.kind === 'sink') return [];
  const { exactness, orders, appendOnly, queryAware, formulaText } = spec as CacheSpec;
  return [
    ['answer', `${exactness}: ${ANSWERS[exactness]}`],
    ['orders', orders.join(', ')],
    [
      'keeps',
      appendOnly ? 'what it took, unchanged' : 'what it likes: rows are dropped, moved or overwritten',
    ],
    ['looks at queries', queryAware ? 'yes' : 'no'],
    ['resident bytes', formulaText],
    [SIZED_AT, sizesOf(plugin as CachePlugin)],
    source,
  ];
}

/** What an operator's state means for a run. */
const STATES = {
  none: 'none: an event has all it needs',
  saved: 'saved with the run, which can be resumed',
  unsaved: 'not saved: a run with it cannot be resumed',
} as const;

const MARGIN = 32;

function factText([what, text]: Fact): string {
  const [first, ...more] = text.split('\n');
  const lines = [`  ${what.padEnd(MARGIN - 2)}${first}`, ...more.map((line) => ' '.repeat(MARGIN) + line)];
  return lines.flatMap((line) => wrapped(line, MARGIN)).join('\n');
}

function optionText(option: OptionText): string {
  const { name, type, description } = option;
  const said = [description, `[${defaultOf(option)}]`].filter(Boolean).join(' ');
  return wrapped(`  ${name.padEnd(12)} ${type.padEnd(10)} ${said}`, 26).join('\n');
}

/** Options worth showing in an example: those that must be given, else the first that has a default. */
function shown(options: readonly OptionText[]): readonly (readonly [name: string, value: string])[] {
  const needed = options.filter(({ required }) => required);
  const any = needed.length > 0 ? needed : options.filter((o) => o.default !== null).slice(0, 1);
  return any.map((o) => [o.name, o.required ? o.name.toUpperCase() : String(o.default)]);
}

function yamlOf({ spec }: Plugin, name: string, options: readonly OptionText[]): string {
  const quoted = /^[@.]/.test(name) ? `'${name}'` : name;
  const entry = `{ ${[['name', quoted], ...shown(options)].map(([key, value]) => `${key}: ${value}`).join(', ')} }`;
  return spec.kind === 'source' ? `source: ${entry}` : `${spec.kind}s:\n  - ${entry}`;
}

function commandsOf({ spec }: Plugin, name: string, options: readonly OptionText[]): readonly string[] {
  const typed = shown(options).map(([key, value]) => `${key}=${value}`);
  const named = typed.length === 0 ? name : `${name}:${typed.join(',')}`;
  if (spec.kind === 'source') return [`kronflow run --source ${named} -c four-cache -c window`];
  if (spec.kind !== 'cache') return [];
  return [
    name === spec.name ? exampleOf(spec as CacheSpec).command : `kronflow run -c ${named} -c four-cache`,
  ];
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
