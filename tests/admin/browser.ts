import chromium from '@sparticuz/chromium';
import { type Browser, type BrowserContextOptions, chromium as playwright, type Page } from 'playwright-core';

/** A real browser without a screen. Not with the package's own arguments: they turn off what is tested here. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = await chromium.executablePath();
  return playwright.launch({ executablePath, args: ['--no-sandbox'] }); // which the kernel denies to root
}

/** A page with a cookie jar of its own, and what its console has said that was not expected. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  /** Faults of scripts, and all that the content security policy has refused. */
  readonly faults: readonly string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    const isAnswer = message.text().startsWith('Failed to load resource'); // such as 401 of a wrong key
    if (['error', 'warning'].includes(message.type()) && !isAnswer) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}
