import { deleteCookie, getCookie, type H3Event, setCookie } from 'h3';

import type { Config } from '#lib/config';

import { cookieAttributes, cookieName } from './cookie.ts';
import { refuseOtherOrigins } from './same-origin.ts';
import { absoluteSeconds, type Session, type SessionKeys, SessionTokens } from './session-tokens.ts';

interface SessionsOptions {
  readonly config: SessionKeys & Pick<Config, 'publicUrl'>;
  /** In milliseconds. */
  readonly now?: () => number;
}

/** A session that is used is issued anew when its token is as old as this: not with every request. */
const slideAfterSeconds = 5 * 60;

/** The sessions of the admin page, each in a cookie of its browser. */
export class Sessions {
  readonly #tokens: SessionTokens;
  readonly #publicUrl: string | undefined;
  /** Those that were ended before their time, with the time at which no token of theirs is valid any more. */
  readonly #ended = new Map<string, number>();

  constructor({ config, now }: SessionsOptions) {
    this.#tokens = new SessionTokens(config, now);
    this.#publicUrl = config.publicUrl;
  }

  /** Whether a request brings something that may be a session. */
  isGiven(event: H3Event): boolean {
    return getCookie(event, cookieName(event)) !== undefined;
  }

  /** Begins a session for the browser that has sent the request, which has given a key. */
  async begin(event: H3Event, keyName: string): Promise<void> {
    await this.#give(event, this.#tokens.begin(keyName));
  }

  /**
   * The session of a request, which lasts longer by that; undefined where there is none.
   *
   * @throws {Problem} `forbidden`: it does not come from a page of this service, and so need not be what the user wants.
   */
  async find(event: H3Event): Promise<Session | undefined> {
    const session = await this.#tokens.verify(getCookie(event, cookieName(event)) ?? '');
    if (!session || !this.isLive(session)) return undefined;
    refuseOtherOrigins(event, this.#publicUrl);
    if (this.#tokens.seconds - session.issuedAt < slideAfterSeconds) return session;
    const longer = this.#tokens.slide(session);
    await this.#give(event, longer);
    return longer;
  }

  /** Ends a session, at this instance, and has its browser forget it. */
  end(event: H3Event, { id, begunAt }: Session): void {
    const now = this.#tokens.seconds;
    for (const [over, until] of this.#ended) if (until <= now) this.#ended.delete(over);
    this.#ended.set(id, begunAt + absoluteSeconds);
    deleteCookie(event, cookieName(event), cookieAttributes(event));
  }

  /** Whether a session that was found before still lasts. */
  isLive({ id, endsAt }: Session): boolean {
    return endsAt > this.#tokens.seconds && !this.#ended.has(id);
  }

  async #give(event: H3Event, session: Session): Promise<void> {
    const maxAge = session.endsAt - session.issuedAt;
    setCookie(event, cookieName(event), await this.#tokens.sign(session), {
      ...cookieAttributes(event),
      maxAge,
    });
  }
}
