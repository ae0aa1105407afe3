import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '../core/failure.js';
import { COOKIE, decide, type Secrets } from './access.js';
import type { Asset } from './assets.js';
import type { Feed } from './feed.js';
import { PROMETHEUS_TYPE } from './prometheus.js';

const MOST_CLIENTS = 4; // each holds what it was last told

/** What the server shows. */
export interface Shown {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly feed: Feed;
  metrics(): string;
}

/** A server that listens. */
export interface LiveServer {
  /** Opens the page, once. */
  readonly url: string;
  /** Of /metrics, for a scraper. */
  readonly metricsUrl: string;
  /** Whether anybody ever opened the page. */
  readonly visited: boolean;
  close(): Promise<void>;
}

/** Everything from us, nothing from elsewhere, no inline script, no `eval`, no frame, no form. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer', // the address may still hold the ticket
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * Serve on 127.0.0.1, at `port` or any free one. `metricsToken` is chosen at random unless the user set one, for a
 * scraper that is configured before the run.
 * @throws Failure `bad-option` when the port is taken
 */
export async function startServer(
  shown: Shown,
  { port = 0, metricsToken }: { port?: number | undefined; metricsToken?: string | undefined } = {},
): Promise<LiveServer> {
  const secret = () => randomBytes(32).toString('base64url');
  const secrets: Secrets = {
    ...{ ticket: secret(), session: secret(), room: randomBytes(12).toString('base64url') },
    metrics: metricsToken ?? secret(),
  };
  const door = { ticketUsed: false };
  const server = createServer((request, response) => {
    const at = { port: (server.address() as AddressInfo).port, ticketUsed: door.ticketUsed };
    const decision = decide(
      { method: request.method ?? '', url: request.url ?? '', headers: request.headers },
      secrets,
      at,
    );
    if (decision.kind === 'refuse') return refuse(response, decision.status, decision.why);
    if (decision.kind === 'metrics') return send(response, { type: PROMETHEUS_TYPE, body: shown.metrics() });
    if (decision.kind === 'serve') return serve(decision.path, shown, request, response);
    door.ticketUsed = true;
    response.setHeader(
      'set-cookie',
      `${COOKIE}=${secrets.session}; HttpOnly; SameSite=Strict; Path=/${secrets.room}/`,
    );
    serve('', shown, request, response);
  });
  server.maxConnections = 64;
  server.headersTimeout = 5000; // a client that never ends its request holds nothing
  server.unref();
  const base = `http://127.0.0.1:${await listen(server, port)}`;
  return {
    url: `${base}/${secrets.room}/?token=${secrets.ticket}`,
    metricsUrl: `${base}/metrics?token=${secrets.metrics}`,
    get visited() {
      return door.ticketUsed;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new Failure('bad-option', `--watch-port ${port}: ${error.message}`, 'name another port, or none')
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

function serve(
  path: string,
  { assets, feed }: Shown,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (path === 'events') return openStream(feed, request, response);
  const asset = assets.get(path);
  if (asset === undefined) return refuse(response, 404, 'nothing here');
  send(response, asset);
}

/** Server-sent events: what the client has not taken stays its own affair, for nothing is written behind it. */
function openStream(feed: Feed, request: IncomingMessage, response: ServerResponse): void {
  if (feed.clients >= MOST_CLIENTS) return refuse(response, 503, `${MOST_CLIENTS} pages are open already`);
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  response.flushHeaders();
  const { free, leave } = feed.join({
    write: (text) => response.write(text),
    end: (done) => response.end(done),
  });
  response.on('drain', free);
  request.on('close', leave);
  response.on('close', leave);
}

function send(response: ServerResponse, { type, body }: Asset): void {
  response.writeHead(200, { ...HEADERS, 'content-type': type }).end(body);
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response
    .writeHead(status, {
      ...HEADERS,
      'content-type': 'text/plain; charset=utf-8',
      ...(status === 405 ? { allow: 'GET' } : {}),
    })
    .end(`${why}\n`);
}
