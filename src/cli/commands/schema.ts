import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { pipelineJsonSchema } from '../../../pipelines/files/json-schema.js';
import { Failure } from '../../core/failure.js';

/** `schema`: what editors complete and check pipeline files with. */
export function addSchemaCommand(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of pipeline files, for editors')
    .option('-o, --output <file>', 'write it to a file instead')
    .action(async ({ output }: { output?: string }) => {
      const text = schemaText();
      if (output === undefined) return void process.stdout.write(text);
      await writeFile(output, text).catch((error: Error) => {
        throw new Failure(
          'not-writable',
          `${output}: ${error.message}`,
          'name a file in a folder that exists',
        );
      });
      process.stdout.write(`${output}; begin pipelines with # yaml-language-server: $schema=${output}\n`);
    });
}

/** The schema as a file. */
export function schemaText(): string {
  return `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`;
}
