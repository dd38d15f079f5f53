const path = '/api/admin/session';

/** What is to be told to someone who could not be let in. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
}

/** @throws {LoginError} */
export async function logIn(key: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ key });
  const response = await fetch(path, { method: 'POST', headers, body }).catch(() => undefined);
  if (!response) throw new LoginError('The service cannot be reached.');
  if (response.status === 401) throw new LoginError('This is not the key.');
  if (!response.ok) throw new LoginError(await reasonOf(response));
  if ((await session()) === 'over')
    throw new LoginError('The browser has not kept the session: open this page by https, or at localhost.');
}

/** Ends the session. @returns whether it is over: not when the service cannot be asked. */
export async function logOut(): Promise<boolean> {
  const response = await fetch(path, { method: 'DELETE' }).catch(() => undefined);
  return response !== undefined && (response.ok || response.status === 401);
}

/** Whether there is a session, which lasts longer by this; `unknown` where the service cannot be asked. */
export async function session(): Promise<'live' | 'over' | 'unknown'> {
  const response = await fetch('/api/admin/status').catch(() => undefined);
  if (response?.status === 401) return 'over';
  return response?.ok ? 'live' : 'unknown';
}

async function reasonOf(response: Response): Promise<string> {
  const { detail } = (await response.json().catch(() => ({}))) as { readonly detail?: string };
  return detail ?? `The service answers with status ${response.status}.`;
}
