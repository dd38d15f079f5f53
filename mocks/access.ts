import { errorReply } from './replies.ts';

type Resolver<Info> = (info: Info) => Promise<Response>;

/** A handler that answers only who brings a bearer token that is good; the empty one stands for none. */
export function withToken<Info extends { readonly request: Request }>(
  answer: Resolver<Info>,
  isGood: (token: string) => boolean,
): Resolver<Info> {
  return async (info) =>
    isGood(bearerOf(info.request))
      ? answer(info)
      : errorReply(401, 'Invalid username or password.', { 'www-authenticate': 'Bearer' });
}

function bearerOf(request: Request): string {
  return /^Bearer\s+(?<token>\S+)\s*$/i.exec(request.headers.get('authorization') ?? '')?.groups?.token ?? '';
}
