import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './testing/chromium.js';
import { serve } from './testing/static-server.js';

const DIST = 'docs/.vitepress/dist';
const files = (ending: string) =>
  readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending));
const read = (name: string) => readFileSync(join(DIST, name), 'utf8');

// VitePress itself fails here for a link to a page that is not there
beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['docs/.vitepress/build.mjs'], { timeout: 290_000 });
}, 300_000);

describe('the built site', () => {
  it('has a page for every page of docs/, and for every entry point', () => {
    const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
    const made = files('.html');
    expect(made).toEqual(expect.arrayContaining(pages.map((name) => name.replace(/md$/, 'html'))));
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object };
    const entries = Object.keys(exports).filter((name) => name !== './package.json');
    const titles = made
      .filter((name) => name.startsWith('api/'))
      .map((name) => /<title>([^<|]*?)(?: \||<)/.exec(read(name))?.[1]);
    expect(titles).toEqual(expect.arrayContaining(entries.map((name) => posix.join('kronflow', name))));
  });

  it('asks nothing of other machines: no script, style, font or picture from elsewhere', () => {
    const asked = [
      /<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?(?:src|srcset|data)="(?:https?:)?\/\/[^"]*/g,
      /<link\b[^>]*?href="(?:https?:)?\/\/[^"]*/g,
      /url\(\s*["']?(?:https?:)?\/\/[^)]*/g,
      /@import\s+["'](?:https?:)?\/\/[^"']*/g,
    ];
    const all = [...files('.html'), ...files('.css')].map(read);
    expect(all.length).toBeGreaterThan(50);
    expect(all.flatMap((text) => asked.flatMap((pattern) => text.match(pattern) ?? []))).toEqual([]);
    expect('<link rel="icon" href="https://a.b/c">'.match(asked[1])).not.toBeNull();
  });

  it('has every place that one of its links leads to', () => {
    const ids = new Map(
      files('.html').map((name) => [
        name,
        new Set([...read(name).matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id)),
      ]),
    );
    const broken = [...ids.keys()].flatMap((page) => {
      const links = [...read(page).matchAll(/<a\b[^>]*?\bhref="([^"]+)"/g)].map(([, href]) => href);
      return links.filter((href) => !isThere(href, page, ids)).map((href) => `${page}: ${href}`);
    });
    expect([...new Set(broken)]).toEqual([]);
  });
});

function isThere(href: string, page: string, ids: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  if (/^(https?|mailto):/.test(href)) return true;
  const { pathname, hash } = new URL(href.replaceAll('&amp;', '&'), `http://site/${page}`);
  const path = decodeURI(pathname).slice(1);
  const found = ids.get(path === '' ? 'index.html' : path);
  const place = decodeURIComponent(hash.slice(1));
  return found !== undefined && (place === '' || found.has(place));
}

describe.skipIf(chromiumPath === null)('in a browser', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;
  let page: Page;
  const [asked, complaints]: [string[], string[]] = [[], []];

  beforeAll(async () => {
    server = await serve(DIST);
    browser = await chromium.launch({
      executablePath: chromiumPath!,
      args: ['--no-sandbox', '--disable-gpu'],
    });
    page = await browser.newPage({ colorScheme: 'light' });
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  it('shows pictures that follow light and dark', async () => {
    await page.goto(`${server.url}/concepts.html`, { waitUntil: 'networkidle' });
    const pictures = page.locator('svg.picture');
    expect(await pictures.count()).toBe(7);
    const colour = () =>
      pictures
        .first()
        .locator('text')
        .first()
        .evaluate((text) => getComputedStyle(text).fill);
    const light = await colour();
    await page.locator('.VPSwitchAppearance').first().click();
    expect(await colour()).not.toBe(light);
    expect(await pictures.first().getAttribute('aria-label')).toMatch(/token/);
  });

  it('finds what one looks for, on this machine', async () => {
    await page.keyboard.press('Control+k');
    await page.locator('.VPLocalSearchBox input').fill('reservoir');
    const result = page.locator('.VPLocalSearchBox .result').first();
    await result.waitFor();
    expect(await page.locator('.VPLocalSearchBox .result').count()).toBeGreaterThan(2);
    await result.click();
    await page.waitForLoadState('networkidle');
  });

  it('has shown all that without a complaint, or a word to another machine', () => {
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
