import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { chromiumPath } from '../cli/testing/chromium.js';
import { THEMES } from '../report/look.js';
import { Fold } from './fold.js';
import { liveRowsOf } from './live-rows.js';
import { startLiveRun, type LiveRun } from './testing/live-run.js';

describe.skipIf(chromiumPath === null)('the page of a run, in a browser', () => {
  const folder = temporaryFolder();
  const [complaints, foreign]: [string[], string[]] = [[], []];
  let browser: Browser;
  let page: Page;
  let run: LiveRun;
  const marks = (id: string) =>
    page.locator(`#plot-${id} .mark-line path, #plot-${id} .mark-symbol path, #plot-${id} .mark-rect path`);
  const rowsDrawn = async (id: string) => Number(await page.locator(`#plot-${id}`).getAttribute('data-rows'));

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: chromiumPath!,
      args: ['--no-sandbox', '--disable-gpu'],
    });
    page = await browser.newPage({ colorScheme: 'light' });
    page.on(
      'console',
      (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()),
    );
    page.on('pageerror', (error) => complaints.push(error.message));
    run = await startLiveRun(folder.path);
    const { origin } = new URL(run.url);
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) foreign.push(url);
    });
    run.feed(40);
    await page.goto(run.url);
  });
  afterAll(async () => {
    run.end();
    await browser.close();
    folder.remove();
  });

  it('draws every plot of a run that goes on, and takes the ticket out of its address', async () => {
    for (const id of liveRowsOf(new Fold(), () => null).keys())
      await marks(id).first().waitFor({ state: 'attached' });
    expect(new URL(page.url()).search).toBe('');
    expect(await page.locator('#status').textContent()).toBe('running');
    expect(await page.locator('#caches tbody tr').allTextContents()).toEqual([
      expect.stringMatching(/^four-cache/),
      expect.stringMatching(/^window/),
    ]);
    for (const label of await page.locator('.plot').evaluateAll((all) => all.map((plot) => plot.ariaLabel)))
      expect(label).toMatch(/four-cache/);
  });

  it('grows while the run goes on', async () => {
    const before = await rowsDrawn('error-step');
    run.feed(30);
    await expect.poll(() => rowsDrawn('error-step'), { timeout: 30_000 }).toBeGreaterThan(before + 40);
  });

  it('follows the theme of its reader, in the colours of the reports', async () => {
    const line = page.locator('#plot-bytes-n .mark-line path').first();
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await line.getAttribute('stroke')).toBe(THEMES.light.hues.blue);
    const light = await paper();
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(() => line.getAttribute('stroke'), { timeout: 30_000 }).toBe(THEMES.dark.hues.blue);
    expect(await paper()).not.toBe(light);
  });

  it('may compile no code', async () => {
    // in a callback of the page's own: what a debugger evaluates may do more
    const refused = await page.evaluate(
      () =>
        new Promise((resolve) =>
          setTimeout(() => {
            try {
              resolve(new Function('return 1')() as unknown);
            } catch (error) {
              resolve((error as Error).name);
            }
          }),
        ),
    );
    expect(refused).toBe('EvalError');
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes('unsafe-eval')));
  });

  it('survives being loaded again, says when the run is over and where its trace is, and lets it end', async () => {
    await page.reload();
    await marks('bytes-n').first().waitFor({ state: 'attached' });
    run.end();
    await page.locator('#status[data-status=complete]').waitFor();
    expect(await page.locator('#note').textContent()).toContain('the trace is in trace');
    expect((await run.finished).code).toBe(0);
    expect(await page.locator('#status').textContent()).toBe('complete');
  });

  it('complained of nothing and asked nobody else', () => {
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
  });
});
