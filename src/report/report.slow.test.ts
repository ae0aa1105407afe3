import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { chromiumPath } from '../cli/testing/chromium.js';
import { openTraces } from '../query/index.js';
import { THEMES } from './look.js';
import { makeReport, type ReportMade } from './make-report.js';
import { compareImages } from './testing/compare-images.js';
import { game, makeTrace } from './testing/traces.js';

const GOLDEN = fileURLToPath(new URL('testing/golden/', import.meta.url));
/** Share of blocks that may differ from a reviewed picture; texts are left out, for fonts are not the same everywhere. */
const TOLERANCE = 0.004;

describe.skipIf(chromiumPath === null)('a report, in a browser', () => {
  const folder = temporaryFolder();
  const complaints: string[] = [];
  let browser: Browser;
  let page: Page;
  let made: ReportMade;
  let trace: string;

  const paperOf = (id: string) =>
    page.locator(`#plot-${id} svg`).evaluate((svg) => getComputedStyle(svg).backgroundColor);
  const marks = (id: string) => page.locator(`#plot-${id} svg g[class*="role-mark"] :is(path, text)`).count();
  const rgb = (hex: string) => `rgb(${[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).join(', ')})`;

  beforeAll(async () => {
    trace = await makeTrace(folder.path, 'fixed', { steps: 48 });
    made = await makeReport([trace], join(folder.path, 'report.html'), [game]);
    browser = await chromium.launch({
      executablePath: chromiumPath!,
      args: ['--no-sandbox', '--disable-gpu'],
    });
    page = await browser.newPage({ viewport: { width: 1000, height: 800 }, colorScheme: 'light' });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    const own = pathToFileURL(made.path).href;
    page.on('request', (request) => {
      const url = request.url();
      if (url !== own && !/^(data|blob):/.test(url)) complaints.push(`asked for ${url}`);
    });
    await page.goto(own);
    await page.waitForSelector('html[data-ready]');
  });
  afterAll(async () => {
    await browser?.close();
    folder.remove();
  });

  it('is one file that says nothing on the console, asks the network for nothing, and draws every plot', async () => {
    expect(made.leftOut.map(({ id }) => id)).toEqual(['perplexity', 'needle']); // they take several traces
    for (const id of made.drawn) expect(await marks(id), id).toBeGreaterThan(2);
    expect(complaints).toEqual([]);
  });

  it('has words, data and SQL for every plot', async () => {
    for (const id of made.drawn) {
      const plot = page.locator(`#plot-${id}`);
      expect(await plot.locator('.plot').getAttribute('aria-label'), id).toMatch(/\d/);
      await plot.locator('details.rows summary').click();
      await plot.locator('table tbody tr').nth(1).waitFor({ state: 'attached' });
      expect(await plot.locator('details.sql').count(), id).toBe(id === 'fano' ? 0 : 1);
      await plot.locator('details.rows summary').click();
    }
  });

  it('shows on hover the row that the trace has', async () => {
    const box = (await page.locator('#plot-bytes-n svg').boundingBox())!;
    await page.locator('#plot-bytes-n svg').scrollIntoViewIfNeeded();
    await page.locator('#plot-bytes-n svg').hover({ position: { x: box.width * 0.4, y: box.height * 0.5 } });
    const tip = page.locator('#tip');
    await tip.waitFor({ state: 'visible' });
    const [names, values] = [
      await tip.locator('dt').allTextContents(),
      await tip.locator('dd').allTextContents(),
    ];
    const shown = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    const db = await openTraces([trace]);
    const [row] = await db.objects(
      `select sum(resident_bytes + metadata_bytes) as bytes from steps where cache = '${shown.cache}' and step = ${Number(shown.n) - 1}`,
    );
    db.close();
    expect(Number(shown.held_bytes)).toBe(Number(Number(row.bytes).toPrecision(6)));
  });

  it('shows the parts of a bin on hover over areas, which are one mark', async () => {
    const svg = page.locator('#plot-threads svg');
    await svg.scrollIntoViewIfNeeded();
    const box = (await svg.boundingBox())!;
    await svg.hover({ position: { x: box.width * 0.5, y: box.height * 0.4 } });
    await page.locator('#tip').waitFor({ state: 'visible', timeout: 3000 });
    expect(await page.locator('#tip dt').allTextContents()).toEqual(
      expect.arrayContaining(['seconds', 'kernels']),
    );
  });

  it('follows the theme of its reader, and the switch', async () => {
    expect(await paperOf('pareto')).toBe(rgb(THEMES.light.paper));
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(() => paperOf('pareto')).toBe(rgb(THEMES.dark.paper));
    expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe(rgb(THEMES.dark.ink));
    await page.locator('#theme').click();
    await expect.poll(() => paperOf('pareto')).toBe(rgb(THEMES.light.paper));
    await page.evaluate(() => delete document.documentElement.dataset.theme);
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('prints in light colours, whatever the reader has on the screen, and no figure is cut', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate(() => {
      addEventListener('beforeprint', () => {
        const svg = document.querySelector('#plot-pareto svg')!;
        document.body.dataset.printed = getComputedStyle(svg).backgroundColor;
      });
    });
    await page.pdf({ format: 'A4' });
    const printed = await page.evaluate(() => document.body.dataset.printed);
    expect(printed).toBe(rgb(THEMES.light.paper));
    await expect.poll(() => paperOf('pareto')).toBe(rgb(THEMES.dark.paper));
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    const breaks = page
      .locator('figure')
      .evaluateAll((all) => all.map((figure) => getComputedStyle(figure).breakInside));
    expect(new Set(await breaks)).toEqual(new Set(['avoid']));
    const left = page
      .locator('details:not([open]), .tools')
      .evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
    expect(await left).toBe(0);
    await page.emulateMedia({ colorScheme: 'dark', media: null });
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('is walked through by keyboard: every plot, button, table and query', async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.evaluate(() => scrollTo(0, 0));
    const seen = new Set<string>();
    for (let i = 0; i < 40 + 12 * made.drawn.length; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const active = document.activeElement!;
        const figure = active.closest('figure')?.id ?? '';
        return `${figure} ${active.className || active.getAttribute('data-kind') || active.textContent?.slice(0, 20)}`;
      });
      if (at === ' skip' && seen.has(at)) break; // around once
      seen.add(at);
    }
    for (const id of made.drawn)
      for (const part of ['plot', 'svg', 'png', 'csv', 'Data']) expect(seen).toContain(`plot-${id} ${part}`);
  });

  it('says the rows of a plot one by one to who walks through them', async () => {
    await page.locator('#plot-error-step .plot').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#plot-error-step .row').textContent()).toMatch(
      /^Row 2 of \d+: run fixed, cache .*p50 /,
    );
  });

  it('downloads SVG, PNG and CSV', async () => {
    for (const [kind, start] of [
      ['svg', '<svg'],
      ['png', '\u0089PNG'],
      ['csv', 'run,cache,step'],
    ] as const) {
      const waiting = page.waitForEvent('download');
      await page.locator(`#plot-kept button[data-kind=${kind}]`).click();
      const download = await waiting;
      expect(download.suggestedFilename()).toBe(`kept.${kind}`);
      expect(readFileSync(await download.path(), 'latin1').slice(0, start.length)).toBe(start);
    }
  });

  it.each([
    ['pareto', 'light'],
    ['error-step', 'dark'],
    ['heads', 'light'],
  ] as const)('looks as it was reviewed: %s, %s', async (id, theme) => {
    await page.mouse.move(0, 0);
    await page.emulateMedia({ colorScheme: theme });
    await expect.poll(() => paperOf(id)).toBe(rgb(THEMES[theme].paper));
    const hidden = await page.addStyleTag({ content: '.plot text { visibility: hidden }' });
    const picture = await page.locator(`#plot-${id} .plot`).screenshot();
    await hidden.evaluate((style) => (style as Element).remove());
    const path = join(GOLDEN, `${id}-${theme}.png`);
    if (process.env.KRONFLOW_GOLDEN === 'write') {
      mkdirSync(GOLDEN, { recursive: true });
      writeFileSync(path, picture);
    }
    expect(existsSync(path), `${path}: make it with KRONFLOW_GOLDEN=write, and look at it`).toBe(true);
    const blank = await browser.newPage();
    const { sameSize, share } = await compareImages(blank, picture, readFileSync(path));
    await blank.close();
    expect(sameSize).toBe(true);
    expect(share).toBeLessThan(TOLERANCE);
  });

  it('fits a narrow window: nothing but a plot or a table scrolls sideways', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 390, height: 800 });
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
      .toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
  });
});
