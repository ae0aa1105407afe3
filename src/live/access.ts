import { createHash, timingSafeEqual } from 'node:crypto';

/** What a request says about itself; header names in lower case, as Node gives them. */
export interface Asked {
  readonly method: string;
  /** The target as it was sent: path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What lets a browser or a scraper in. */
export interface Secrets {
  /** Opens the page once: the address that is printed. */
  readonly ticket: string;
  /** Value of the cookie that the first visit leaves behind. */
  readonly session: string;
  /** Opens /metrics, as often as a scraper asks. */
  readonly metrics: string;
  /** First part of every path of the page: the cookie goes to no other server of this machine. */
  readonly room: string;
}

/** What becomes of a request: `enter` also burns the ticket and sets the cookie. */
export type Decision =
  | { readonly kind: 'enter' }
  | { readonly kind: 'serve'; readonly path: string }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'refuse'; readonly status: 400 | 403 | 404 | 405; readonly why: string };

/** Name of the session's cookie. */
export const COOKIE = 'kronflow';

/**
 * Whether a request is let in. It must be a GET for 127.0.0.1 or localhost at our port (a name that was rebound to
 * 127.0.0.1 says its own), must not come from a page of another origin, and must bring the ticket, which works once,
 * or the cookie, or for /metrics its own token.
 */
export function decide(asked: Asked, secrets: Secrets, at: { port: number; ticketUsed: boolean }): Decision {
  const { method, url, headers } = asked;
  if (method !== 'GET') return refuse(405, 'this server only shows: GET');
  const host = text(headers.host).toLowerCase();
  if (![`127.0.0.1:${at.port}`, `localhost:${at.port}`].includes(host))
    return refuse(403, 'the Host header is not the address of this page');
  const origin = headers.origin;
  if (origin !== undefined && text(origin).toLowerCase() !== `http://${host}`)
    return refuse(403, 'asked by a page of another origin');
  const target = parse(url);
  if (target === null) return refuse(400, 'no such address');
  if (target.path === '/metrics') return decideMetrics(target.token, headers, secrets);
  return decidePage(target, headers, secrets, at.ticketUsed);
}

function decidePage(
  { path, token }: Target,
  headers: Asked['headers'],
  { ticket, session, room }: Secrets,
  ticketUsed: boolean,
): Decision {
  const base = `/${room}/`;
  if (token !== null && path === base) {
    if (!same(token, ticket)) return refuse(403, 'wrong token');
    if (!ticketUsed) return { kind: 'enter' };
    if (!hasCookie(headers, session)) return refuse(403, 'this address was opened before, and works once');
  }
  if (!hasCookie(headers, session))
    return refuse(403, 'open the page at the address that the run printed, in one browser');
  const site = text(headers['sec-fetch-site']);
  if (site !== '' && site !== 'same-origin' && site !== 'none')
    return refuse(403, 'asked by a page of another origin');
  if (!path.startsWith(base)) return refuse(404, 'nothing here');
  return { kind: 'serve', path: path.slice(base.length) };
}

function decideMetrics(token: string | null, headers: Asked['headers'], { metrics }: Secrets): Decision {
  const bearer = /^Bearer (\S+)$/i.exec(text(headers.authorization))?.[1] ?? null;
  const given = bearer ?? token;
  if (given === null || !same(given, metrics)) return refuse(403, 'wrong token, or none');
  return { kind: 'metrics' };
}

interface Target {
  readonly path: string;
  readonly token: string | null;
}

/** The path is compared as it was sent: nothing is decoded, so nothing can climb out of a folder. */
function parse(url: string): Target | null {
  const [path, query = '', ...rest] = url.split('?');
  if (!path.startsWith('/') || rest.length > 0) return null;
  return { path, token: new URLSearchParams(query).get('token') };
}

function hasCookie(headers: Asked['headers'], session: string): boolean {
  const given = text(headers.cookie)
    .split(';')
    .map((part) => part.trim().split('='))
    .filter(([name]) => name === COOKIE);
  return given.some(([, value = '']) => same(value, session));
}

/** Equal, found out in a time that tells nothing of where they differ. */
function same(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((secret) => createHash('sha256').update(secret).digest());
  return timingSafeEqual(a, b);
}

function text(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}

function refuse(status: 400 | 403 | 404 | 405, why: string): Decision {
  return { kind: 'refuse', status, why };
}
