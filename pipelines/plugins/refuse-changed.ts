import { z } from 'zod';
import type { RunFile } from '../../data/schemas/run-file.js';
import { describeInput } from '../../data/sources/input-file.js';
import { Failure } from '../../src/core/failure.js';

const schema = z.object({
  kind: z.literal('plugin'),
  name: z.string(),
  path: z.string(),
  sha256: z.string(),
});

/**
 * Refuse to do a run again with plug-ins that are not what they were. Only their own files are looked at, not what those import.
 * @throws Failure `bad-input` naming the file, `not-found` when it is gone
 */
export async function refuseChangedPlugins(
  dir: string,
  { inputs }: Pick<RunFile, 'inputs'>,
  used: readonly { readonly name: string }[],
): Promise<void> {
  for (const input of inputs) {
    const parsed = schema.safeParse(input);
    if (!parsed.success || !used.some(({ name }) => name === parsed.data.name)) continue;
    const { path, sha256: was } = parsed.data;
    const { sha256: is } = await describeInput(path);
    if (is === was) continue;
    throw new Failure(
      'bad-input',
      `plug-in ${path} was changed since ${dir} was made: sha256 ${String(is).slice(0, 12)}… is not ${was.slice(0, 12)}…`,
      'restore it, or name the caches and operators to use now with --cache and --operator',
    );
  }
}
