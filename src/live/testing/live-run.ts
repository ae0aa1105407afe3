import { get, request, type IncomingMessage } from 'node:http';
import { startKronflow, type Finished } from '../../cli/testing/kronflow.js';
import type { Message, PlotRow } from '../message.js';

const WORDS = [' the', ' cat', ' and', ' a', ' dog', ' of', ' it']; // a token each

/** A run that is watched, and goes on as the test says: a text of its own words, given piece by piece. */
export interface LiveRun {
  readonly url: string;
  readonly metricsUrl: string;
  /** Give it more to decode. */
  feed(words: number): void;
  /** That was all. */
  end(): void;
  readonly finished: Promise<Finished>;
}

/** Start a small run with a page, in `cwd`, its trace in `cwd`/trace. */
export async function startLiveRun(cwd: string, ...args: readonly string[]): Promise<LiveRun> {
  const small = [
    '--d',
    '8',
    '--heads',
    '2',
    '--threads',
    '1',
    '--seed',
    '5',
    '-c',
    'four-cache',
    '-c',
    'window:size=16',
  ];
  const running = startKronflow(['run', '-', '--watch', '-o', 'trace', ...small, ...args], {
    cwd,
    stdin: 'open',
  });
  const { child, finished } = running;
  const said = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr!.on('data', (more: string) => {
      text += more;
      if (text.includes('metrics for a scraper') && text.endsWith('\n')) resolve(text);
    });
    finished.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  const [url, metricsUrl] = said.match(/http:\S+[\w-]/g)!;
  let words = 0;
  return {
    ...{ url, metricsUrl, finished },
    feed(count) {
      for (let i = 0; i < count; i++) child.stdin!.write(WORDS[words++ % WORDS.length]);
    },
    end: () => child.stdin!.end(),
  };
}

/** An answer of the server, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Ask with any headers, also those that browsers and fetch never let one set. */
export async function ask(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers, method }, resolve).on('error', reject).end();
  });
  let body = '';
  for await (const piece of response.setEncoding('utf8')) body += piece as string;
  return { status: response.statusCode!, headers: response.headers, body };
}

/** What a page knows after all messages so far. */
export interface Heard {
  readonly message: Message;
  readonly plots: ReadonlyMap<string, readonly PlotRow[]>;
}

/** Follow the events to their end, as the page does. */
export async function* follow(url: string, cookie: string): AsyncGenerator<Heard> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers: { cookie } }, resolve).on('error', reject);
  });
  if (response.statusCode !== 200) throw new Error(`events: ${response.statusCode}`);
  const plots = new Map<string, readonly PlotRow[]>();
  let text = '';
  for await (const piece of response.setEncoding('utf8')) {
    text += piece as string;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const message = JSON.parse(text.slice('data: '.length, end)) as Message;
      text = text.slice(end + 2);
      for (const { id, length, rows } of message.plots) {
        const known = [...(plots.get(id) ?? [])].slice(0, length);
        for (const [at, row] of rows) known[at] = row;
        plots.set(id, known);
      }
      yield { message, plots: new Map(plots) };
    }
  }
}
