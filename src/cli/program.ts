import { Command, type OutputConfiguration } from 'commander';
import { caches } from '../../operators/caches/index.js';
import { VERSION } from '../core/version.js';
import { addBoundsCommand } from './commands/bounds.js';
import { addCheckCommands } from './commands/check.js';
import { addCompareCommand } from './commands/compare.js';
import { addCreateCommand } from './commands/create.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addExportCommand } from './commands/export.js';
import { addGenerateCommand } from './commands/generate.js';
import { addHelpCommand } from './commands/help.js';
import { addImportCommand } from './commands/import.js';
import { addIndexGameCommand } from './commands/index-game.js';
import { addListCommand } from './commands/list.js';
import { addOpenCommand } from './commands/open.js';
import { addPlotCommand } from './commands/plot.js';
import { addPruneCommand } from './commands/prune.js';
import { addQueryCommand } from './commands/query.js';
import { addReportCommand } from './commands/report.js';
import { addResumeCommand } from './commands/resume.js';
import { addRunCommands } from './commands/run.js';
import { addSchemaCommand } from './commands/schema.js';
import { addTestCommand } from './commands/test.js';
import { addTimelineCommand } from './commands/timeline.js';
import { addTraceCommands } from './commands/trace.js';
import { addTrainCommand } from './commands/train.js';
import { pluginHelp } from './describe.js';
import { usageError } from './usage-error.js';

/** What each exit code means, as the help says it. */
export const EXIT_HELP =
  'exit codes: 0 done, 1 a fault of kronflow, 2 something was refused, 3 out of memory, disk or workers, 4 traces differ, a law is broken or a test failed, 130 interrupted';

/** The whole command line. Errors are thrown, also those of commander; main.ts reports them. */
export function createProgram(): Command {
  const program = new Command('kronflow')
    .description('Stream tokens through KV caches side by side; measure bytes, time and error of each.')
    .version(VERSION)
    .option('--debug', 'show stack traces')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput(sayIn('kronflow'))
    .addHelpText('after', `\n${EXIT_HELP}`);
  addRunCommands(program);
  addGenerateCommand(program);
  addCompareCommand(program);
  addResumeCommand(program);
  addTraceCommands(program);
  addReportCommand(program);
  addQueryCommand(program);
  addOpenCommand(program);
  addTimelineCommand(program);
  addPlotCommand(program);
  addCheckCommands(program);
  addImportCommand(program);
  addExportCommand(program);
  addListCommand(program);
  addSchemaCommand(program);
  addHelpCommand(program);
  addCreateCommand(program);
  addTestCommand(program);
  addBoundsCommand(program);
  addIndexGameCommand(program);
  addTrainCommand(program);
  addPruneCommand(program);
  addDoctorCommand(program);
  for (const command of program.commands) {
    command
      .exitOverride()
      .configureOutput(sayIn(`kronflow ${command.name()}`))
      .option('--debug', 'show stack traces');
    if (command.options.some(({ long }) => long === '--cache')) {
      command.addHelpText('after', () => `\nCaches:\n${caches.map(pluginHelp).join('\n')}`);
    }
  }
  return program;
}

/** Errors of commander in our own words. */
function sayIn(command: string): OutputConfiguration {
  return { outputError: (text, write) => write(usageError(text, command)) };
}
