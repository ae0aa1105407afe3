import { Failure } from '../src/core/failure.js';
import { didYouMean } from '../src/core/nearest.js';
import type { AttendRequest } from '../src/core/pool.js';
import type { Task } from '../src/core/task.js';

/** The tasks that one thread has imported, by their names: `MODULE#EXPORT`. */
export class Tasks {
  readonly #loaded = new Map<string, Task>();

  /** Names of all that are loaded, in the order in which they were. */
  get names(): readonly string[] {
    return [...this.#loaded.keys()];
  }

  /** Names that plans ask for and that are not loaded; null, nearly always, when there is none. */
  missing(requests: readonly AttendRequest[]): readonly string[] | null {
    let names: Set<string> | null = null;
    for (const { plan } of requests) {
      for (const job of plan.jobs) {
        if (job.kind === 'task' && !this.#loaded.has(job.task)) (names ??= new Set()).add(job.task);
      }
    }
    return names === null ? null : [...names];
  }

  /**
   * Import a task, once.
   * @throws Failure `bad-plugin`
   */
  async load(name: string): Promise<void> {
    if (!this.#loaded.has(name)) this.#loaded.set(name, await importTask(name));
  }

  /** A task that was loaded. */
  get(name: string): Task {
    const task = this.#loaded.get(name);
    if (task === undefined) throw new RangeError(`task ${name} was not loaded`);
    return task;
  }
}

const FORM =
  'a task is named `${import.meta.url}#myFunction`, or by the URL of another module of the plug-in';

async function importTask(name: string): Promise<Task> {
  const hash = name.lastIndexOf('#');
  const [module, exported] = [name.slice(0, hash), name.slice(hash + 1)];
  if (hash < 1 || exported === '') throw bad(name, 'has no form MODULE#EXPORT', FORM);
  if (!/^(file|data):/.test(module)) throw bad(name, 'is not in a file: or data: URL', FORM);
  const found = await importModule(name, module);
  const task = found[exported];
  if (typeof task === 'function') return task as Task;
  const functions = Object.keys(found).filter((key) => typeof found[key] === 'function');
  if (exported in found)
    throw bad(name, 'is no function', `functions there: ${functions.join(', ') || 'none'}`);
  throw bad(name, `does not exist: the module does not export ${exported}`, didYouMean(exported, functions));
}

async function importModule(name: string, module: string): Promise<Record<string, unknown>> {
  try {
    return (await import(module)) as Record<string, unknown>;
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    const hint = /\.[cm]?ts$/.test(module)
      ? 'threads load JavaScript: build the module first'
      : 'every thread imports the module; the stack of `cause` says where it failed';
    throw bad(name, `cannot be imported: ${words}`, hint, cause);
  }
}

function bad(name: string, what: string, hint: string, cause?: unknown): Failure {
  return new Failure('bad-plugin', `task ${name} ${what}`, hint, { cause });
}
