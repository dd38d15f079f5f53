import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Project } from '../project.ts';
import { apiKey, TestServer } from '../server.ts';
import { launchBrowser, openPage, type WatchedPage } from './browser.ts';
import { shownProject } from './project.ts';

let project: Project;
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  project = shownProject();
  const { root } = project;
  [server, browser] = await Promise.all([TestServer.start({ root }), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

async function open(options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
  return openPage(browser, `${server.url}/admin`, options);
}

async function logIn(page: Page, key = apiKey): Promise<void> {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Log in' }).click();
}

async function openLoggedIn(options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
  const opened = await open(options);
  await logIn(opened.page);
  await opened.page.getByText('Live', { exact: true }).waitFor();
  return opened;
}

function region(page: Page, name: string) {
  return page.getByRole('region', { name });
}

describe('who has no session', () => {
  it('is asked for the key, and told that a wrong one is none', async () => {
    await using opened = await open();
    const { page, faults } = opened;
    await logIn(page, 'wrong');
    await page.getByRole('alert').getByText('This is not the key.').waitFor();
    expect(await region(page, 'Overview').isVisible()).toBe(false);
    await logIn(page);
    await region(page, 'Overview').getByText('ready').waitFor();
    expect(await page.getByLabel('API key').isVisible()).toBe(false);
    expect(await page.getByLabel('API key').inputValue()).toBe('');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('problems'); // for who cannot see it
    expect(faults).toEqual([]);
  });

  it('finds no key in the page, its address or what scripts can read', async () => {
    await using opened = await openLoggedIn();
    const { page } = opened;
    const readable = await page.evaluate(() =>
      [document.cookie, location.href, JSON.stringify({ ...localStorage, ...sessionStorage })].join(' '),
    );
    expect(readable).not.toMatch(/heady_session|a-key-for-tests/);
    expect(await page.content()).not.toContain(apiKey);
  });
});

describe('who is logged in', () => {
  it('sees a call as soon as it has ended', async () => {
    await using opened = await openLoggedIn();
    const { page, faults } = opened;
    const invocations = region(page, 'Last invocations');
    await server.call(
      'shown/add',
      { a: 1, b: 2 },
      { headers: { 'content-type': 'application/json', 'x-request-id': 'seen-live' } },
    );
    await invocations.getByRole('row').filter({ hasText: 'seen-live' }).getByText('ok').waitFor();
    await server.call('shown/fails', { message: 'seen' });
    await region(page, 'What needs attention')
      .getByText(/invocations? failed/)
      .waitFor();
    expect(faults).toEqual([]);
  });

  it('sees which worker does not load, and why', async () => {
    await using opened = await openLoggedIn();
    const { page } = opened;
    const concern = region(page, 'What needs attention').getByRole('listitem');
    const broken = concern.filter({ hasText: 'workers/broken.py does not load' });
    await broken.waitFor();
    expect(await broken.textContent()).toContain("No module named 'no_such_module'");
    expect(await concern.filter({ hasText: 'Files do not outlast a deploy' }).isVisible()).toBe(true);
  });

  it('tries a function', async () => {
    await using opened = await openLoggedIn();
    const { page, faults } = opened;
    await page.getByRole('button', { name: 'Try shown.add' }).click();
    const form = region(page, 'Try a function');
    const input = form.getByLabel('Arguments, as JSON');
    await expect.poll(async () => JSON.parse((await input.inputValue()) || '{}')).toEqual({ a: 0, b: 2 });
    await input.fill('{"a": 20, "b": 22}');
    await form.getByRole('button', { name: 'Run' }).click();
    await form.getByRole('status').getByText('200', { exact: true }).waitFor();
    expect(await form.locator('pre').textContent()).toBe('42');
    await input.fill('{"a": "<img src=x onerror=alert(1)>"}');
    await form.getByRole('button', { name: 'Run' }).click();
    await form.getByRole('status').getByText('422', { exact: true }).waitFor();
    expect(faults).toEqual([]);
  });

  it('ends a call that takes too long', async () => {
    await using opened = await openLoggedIn();
    const { page } = opened;
    const form = region(page, 'Try a function');
    await form.getByLabel('Function').selectOption('shown.waits');
    await form.getByRole('button', { name: 'Run' }).click();
    await region(page, 'Overview').getByText('1 of 2').waitFor();
    await form.getByRole('button', { name: 'Cancel' }).click();
    await form.getByRole('status').getByText('Canceled.').waitFor();
    const row = region(page, 'Last invocations').getByRole('row').filter({ hasText: 'shown.waits' });
    await row.getByText('canceled').waitFor();
    await region(page, 'Overview').getByText('0 of 2').waitFor();
    expect(await form.getByRole('button', { name: 'Run' }).isEnabled()).toBe(true);
  });

  it('logs out, and nothing of what was seen is left', async () => {
    await using opened = await openLoggedIn();
    const { page, faults } = opened;
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('API key').waitFor();
    expect(await page.content()).not.toContain('process_data');
    await page.reload();
    await page.getByLabel('API key').waitFor();
    expect(faults).toEqual([]);
  });

  it('is asked for the key again when the session ends elsewhere', async () => {
    await using opened = await openLoggedIn();
    const { page } = opened;
    await page.evaluate(() => fetch('/api/admin/session', { method: 'DELETE' }));
    await page.getByRole('alert').getByText('The session has ended.').waitFor();
    expect(await page.getByLabel('API key').isVisible()).toBe(true);
  });
});

it('has what it shows read as text, whatever a worker says', async () => {
  await using opened = await openLoggedIn();
  const { page, faults } = opened;
  await server.call('shown/fails', { message: '<b id="injected">x</b>' });
  await region(page, 'Last invocations').getByText('<b id="injected">').first().waitFor();
  expect(await page.locator('#injected').count()).toBe(0);
  expect(faults).toEqual([]);
});

it.each(['light', 'dark'] as const)('fits a screen of 360 px, in %s', async (colorScheme) => {
  await using opened = await open({ viewport: { width: 360, height: 740 }, colorScheme });
  const { page } = opened;
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(await overflow()).toBe(0);
  await logIn(page);
  await region(page, 'Functions').getByRole('row').first().waitFor();
  for (const details of await page.locator('summary').all()) await details.click();
  expect(await overflow()).toBe(0);
});

it('says that it is disconnected, and follows the service again after a restart', async () => {
  const { root } = project;
  const first = await TestServer.start({ root });
  const { port } = new URL(first.url);
  await using opened = await openPage(browser, `${first.url}/admin`);
  const { page } = opened;
  await logIn(page);
  await page.getByText('Live', { exact: true }).waitFor();
  await first[Symbol.asyncDispose]();
  await page.getByText('Disconnected, trying again').waitFor();
  await using second = await TestServer.start({ root, env: { PORT: port } });
  await page.getByText('Live', { exact: true }).waitFor();
  expect(second.url).toBe(first.url);
});

it('lets nothing run that is not its own', async () => {
  const response = await fetch(`${server.url}/admin`);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain('unsafe');
  const etag = response.headers.get('etag') ?? '';
  const again = await fetch(`${server.url}/admin`, { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
  expect(again.headers.get('content-security-policy')).toBeNull(); // a browser would take it for the page's
  expect((await fetch(`${server.url}/admin/nothing.js`)).status).toBe(404);
  expect((await fetch(`${server.url}/admin/__proto__`)).status).toBe(404);
});
