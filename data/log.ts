import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { writeFailure } from './sinks/io-failure.js';

/** Levels a user can choose from; `silent` writes nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** One of `logLevels`. */
export type LogLevel = (typeof logLevels)[number];

/** The log of a run inside its trace. */
export const LOG_FILE = 'log.jsonl';

/**
 * Log to `dir`/log.jsonl, one JSON object a line. Written synchronously: kill -9 loses no line. When the disk
 * is full lines are dropped, because a log must not end a run; the journal will say so.
 *
 * @throws Failure `not-writable` or `disk-full` when the file cannot be created
 */
export function openLog(dir: string, level: LogLevel): { readonly log: Logger; close(): void } {
  if (level === 'silent') return { log: pino({ level }), close: () => undefined };
  const path = join(dir, LOG_FILE);
  try {
    const destination = pino.destination({ dest: path, sync: true });
    destination.on('error', () => undefined);
    const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
    return { log: pino(options, destination), close: () => destination.end() };
  } catch (error) {
    throw writeFailure(error, path);
  }
}
