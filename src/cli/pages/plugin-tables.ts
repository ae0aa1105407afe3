import type { OperatorSpec } from '../../core/operator.js';
import type { Plugin, PluginKind } from '../../core/plugin.js';
import type { SourceSpec } from '../../core/source.js';
import { builtIn, type Registry } from '../../../pipelines/registry.js';
import { optionsOf } from '../describe.js';
import { toMarkdown } from './doc-comment.js';
import { builtInComment } from './plugin-comment.js';
import { tableOf } from './table-of.js';

/** Plug-ins that are no caches, as Markdown: a section for each kind, in it one for each plug-in. */
export function pluginTables({ operators, sources, sinks }: Omit<Registry, 'loaded'> = builtIn): string {
  return [section('Operators', operators), section('Sources', sources), section('Sinks', sinks)].join('\n\n');
}

function section(title: string, plugins: readonly Plugin[]): string {
  const none = 'None come with kronflow.';
  return [`## ${title}`, ...(plugins.length === 0 ? [none] : plugins.map(one))].join('\n\n');
}

function one({ spec }: Plugin): string {
  const { kind, name, summary } = spec;
  const comment = builtInComment(kind as PluginKind, name);
  return [
    `### ${name}`,
    `${kind === 'operator' ? `After \`${(spec as OperatorSpec).after}\`` : brought(spec)}: ${summary}.`,
    ...(comment === null ? [] : [toMarkdown(comment)]),
    optionTable(spec),
  ].join('\n\n');
}

function brought(spec: Plugin['spec']): string {
  if (spec.kind !== 'source') return 'Takes rows';
  return (spec as SourceSpec).brings === 'tokens' ? 'Tokens' : 'Ready rows';
}

function optionTable(spec: Plugin['spec']): string {
  const options = optionsOf(spec);
  if (options.length === 0) return 'No options.';
  return tableOf(
    ['option', 'type', 'default', 'what it is'],
    options.map(({ name, type, required, default: value, description }) => {
      const without = required ? 'required' : value === null ? '–' : `\`${JSON.stringify(value)}\``;
      return [`\`${name}\``, type, without, description];
    }),
  );
}
