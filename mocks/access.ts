import { errorReply } from './replies.ts';

/** A token that the mock refuses, to see what a wrong one does. Any other non-empty token passes. */
export const refusedToken = 'hf_invalid';

type Resolver<Info> = (info: Info) => Promise<Response>;

/** A handler that answers only who brings a bearer token, as all inference does; the Hub's pages are public. */
export function withToken<Info extends { readonly request: Request }>(
  answer: Resolver<Info>,
): Resolver<Info> {
  return async (info) => {
    const token = bearerOf(info.request);
    return token === '' || token === refusedToken
      ? errorReply(401, 'Invalid username or password.', { 'www-authenticate': 'Bearer' })
      : answer(info);
  };
}

function bearerOf(request: Request): string {
  return /^Bearer\s+(?<token>\S+)\s*$/i.exec(request.headers.get('authorization') ?? '')?.groups?.token ?? '';
}
