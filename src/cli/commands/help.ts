import type { Command } from 'commander';
import { builtIn, isReference, loadPlugins, pluginOf } from '../../../pipelines/registry.js';
import { Failure } from '../../core/failure.js';
import { didYouMean } from '../../core/nearest.js';
import { PLUGIN_KINDS, type PluginKind } from '../../core/plugin.js';
import { builtInComment } from '../pages/plugin-comment.js';
import { pluginPage } from '../pages/plugin-page.js';

/** `help COMMAND` as always, and `help cache subgen4`: all about one plug-in, also of your own (`./mine.js#mine`). */
export function addHelpCommand(program: Command): void {
  program
    .helpCommand(false) // ours does what it did, too
    .command('help')
    .description('show all about a command, or about one cache, operator, source or sink')
    .argument('[topic]', `a command, or one of: ${PLUGIN_KINDS.join(', ')}`)
    .argument('[name]', 'which one: a name that `kronflow list` shows, or ./file.js#export')
    .addHelpText('after', '\nExamples:\n  kronflow help run\n  kronflow help cache subgen4')
    .action(async (topic?: string, name?: string) => {
      if (topic === undefined) return program.outputHelp();
      if (isKind(topic)) return void process.stdout.write(`${await pageOf(topic, name)}\n`);
      commandNamed(program, topic).outputHelp();
    });
}

function isKind(topic: string): topic is PluginKind {
  return PLUGIN_KINDS.some((kind) => kind === topic);
}

async function pageOf(kind: PluginKind, name: string | undefined): Promise<string> {
  if (name === undefined)
    throw new Failure('bad-option', `which ${kind}? The name is missing`, `see kronflow list ${kind}s`);
  const registry = await loadPlugins([name], process.cwd());
  const plugin = pluginOf(registry, kind, name);
  return pluginPage({ plugin, name, comment: isReference(name) ? null : builtInComment(kind, name) });
}

function commandNamed(program: Command, topic: string): Command {
  const found = program.commands.find((command) => command.name() === topic);
  if (found !== undefined) return found;
  const kind = PLUGIN_KINDS.find((one) => builtIn[`${one}s`].some(({ spec }) => spec.name === topic));
  if (kind !== undefined) {
    throw new Failure(
      'unknown-name',
      `no help on "${topic}": it is no command, but names one ${kind}`,
      `see kronflow help ${kind} ${topic}`,
    );
  }
  const known = [...program.commands.map((command) => command.name()), ...PLUGIN_KINDS];
  throw new Failure('unknown-name', `no help on "${topic}": it is no command`, didYouMean(topic, known));
}
