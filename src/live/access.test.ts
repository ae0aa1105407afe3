import { describe, expect, it } from 'vitest';
import { decide, type Asked, type Secrets } from './access.js';

const secrets: Secrets = { ticket: 'ticket', session: 'session', metrics: 'scrape', room: 'room' };
const at = { port: 4000, ticketUsed: false };
const used = { port: 4000, ticketUsed: true };
const cookie = 'other=1; kronflow=session';

const get = (url: string, headers: Asked['headers'] = {}, method = 'GET'): Asked => ({
  method,
  url,
  headers: { host: '127.0.0.1:4000', ...headers },
});
const status = (asked: Asked, when = at) => {
  const decision = decide(asked, secrets, when);
  return decision.kind === 'refuse' ? decision.status : decision.kind;
};

describe('the page', () => {
  it('opens with the ticket, once', () => {
    expect(status(get('/room/?token=ticket'))).toBe('enter');
    expect(status(get('/room/?token=ticket'), used)).toBe(403);
    expect(status(get('/room/?token=ticket', { cookie }), used)).toBe('serve'); // its own reload
  });

  it.each([
    '/room/?token=wrong',
    '/room/?token=',
    '/room/?token=ticke',
    '/room/',
    '/',
    '/room/?token=scrape',
  ])('refuses %s', (url) => expect(status(get(url))).toBe(403));

  it('is served to the session, and to no other cookie', () => {
    expect(decide(get('/room/events', { cookie }), secrets, used)).toEqual({ kind: 'serve', path: 'events' });
    for (const wrong of ['kronflow=ticket', 'kronflow=', 'kronflow', 'xkronflow=session', ''])
      expect(status(get('/room/events', { cookie: wrong }), used)).toBe(403);
  });

  it('is only read', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'CONNECT'])
      expect(status(get('/room/?token=ticket', { cookie }, method))).toBe(405);
  });
});

describe('a foreign page or name', () => {
  it.each([
    'evil.example:4000',
    'evil.example',
    '127.0.0.1',
    '127.0.0.1:4001',
    '127.0.0.1:4000.evil.example',
    '',
  ])('refuses Host %s, whatever it brings', (host) => {
    expect(status(get('/room/?token=ticket', { host }))).toBe(403);
    expect(status(get('/room/events', { host, cookie }), used)).toBe(403);
    expect(status(get('/metrics?token=scrape', { host }))).toBe(403);
  });

  it('takes localhost for our own, with its own origin', () => {
    const host = 'localhost:4000';
    expect(status(get('/room/events', { host, cookie, origin: 'http://localhost:4000' }), used)).toBe(
      'serve',
    );
    expect(status(get('/room/events', { host, cookie, origin: 'http://127.0.0.1:4000' }), used)).toBe(403);
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1:4001', 'http://127.0.0.1', ''])(
    'refuses Origin %s',
    (origin) => {
      expect(status(get('/room/events', { origin, cookie }), used)).toBe(403);
      expect(status(get('/room/?token=ticket', { origin }))).toBe(403);
      expect(status(get('/metrics?token=scrape', { origin }))).toBe(403);
    },
  );

  it('refuses what a browser says was asked by another site, another port among them', () => {
    for (const site of ['cross-site', 'same-site'])
      expect(status(get('/room/events', { cookie, 'sec-fetch-site': site }), used)).toBe(403);
    for (const site of ['same-origin', 'none'])
      expect(status(get('/room/events', { cookie, 'sec-fetch-site': site }), used)).toBe('serve');
  });
});

describe('/metrics', () => {
  it('takes its own token, as bearer or in the address, again and again', () => {
    expect(status(get('/metrics?token=scrape'))).toBe('metrics');
    expect(status(get('/metrics', { authorization: 'Bearer scrape' }), used)).toBe('metrics');
  });

  it('takes neither the ticket nor the cookie', () => {
    expect(status(get('/metrics'))).toBe(403);
    expect(status(get('/metrics?token=ticket'))).toBe(403);
    expect(status(get('/metrics', { cookie }), used)).toBe(403);
    expect(status(get('/metrics', { authorization: 'Basic scrape' }))).toBe(403);
  });
});

it('decodes no path: nothing climbs out of the room', () => {
  const served = (url: string) => decide(get(url, { cookie }), secrets, used);
  expect(served('/room/../../etc/passwd')).toEqual({ kind: 'serve', path: '../../etc/passwd' }); // names no file of ours
  expect(served('/room/%2e%2e/secret')).toEqual({ kind: 'serve', path: '%2e%2e/secret' });
  expect(status(get('/other/events', { cookie }), used)).toBe(404);
  expect(status(get('http://evil.example/room/', { cookie }), used)).toBe(400);
  expect(status(get('/room/?token=ticket?token=x'))).toBe(400);
});
