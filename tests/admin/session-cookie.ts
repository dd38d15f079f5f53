import { apiKey, type TestServer } from '../server.ts';

/** Logs in as the page does. */
export async function logIn({ url }: Pick<TestServer, 'url'>, key = apiKey): Promise<Response> {
  return fetch(`${url}/api/admin/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key }),
  });
}

/** The cookie that a response sets: `name=value`, and its attributes in lower case. */
export function cookieOf(response: Response): { readonly cookie: string; readonly attributes: string[] } {
  const [cookie = '', ...attributes] = (response.headers.getSetCookie()[0] ?? '').split('; ');
  return { cookie, attributes: attributes.map((each) => each.toLowerCase()) };
}
