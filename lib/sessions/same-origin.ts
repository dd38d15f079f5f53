import type { H3Event } from 'h3';

import { isOwnOrigin } from '#lib/access';
import { Problem } from '#lib/problems';

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Refuses what a page of another origin has a browser send, though the browser adds the cookie: for one of the same
 * site it does, whatever `SameSite` says. Browsers of today tell by `Sec-Fetch-Site` where a request comes from, older
 * ones by `Origin`; no page can set either.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 * @throws {Problem} `forbidden`
 */
export function refuseOtherOrigins({ req }: H3Event, publicUrl: string | undefined): void {
  const isReading = reading.has(req.method) && !req.headers.has('upgrade'); // a WebSocket may do more
  const site = req.headers.get('sec-fetch-site');
  if (site !== null) {
    if (site === 'same-origin' || (isReading && site === 'none')) return; // `none`: the user has typed the address
    throw refused(`Sec-Fetch-Site is ${site}`);
  }
  if (isReading) return;
  const origin = req.headers.get('origin');
  if (origin === null) throw refused('There is neither Sec-Fetch-Site nor Origin');
  if (!isOwnOrigin(origin, { host: req.headers.get('host') ?? undefined, publicUrl }))
    throw refused(`Origin is ${origin}`);
}

function refused(why: string): Problem {
  return new Problem('forbidden', `${why}: a session counts for requests of the admin page alone.`);
}
