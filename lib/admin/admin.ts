import type { ServerEvent } from '#lib/http';
import type { Redactor } from '#lib/log';
import type { Service } from '#lib/service';

import { Feed } from './feed.ts';
import { KeptListing } from './kept-listing.ts';
import { statusOf } from './status.ts';

/** Short enough to serve as the heartbeat without which a proxy ends the connection. */
const everyMs = 2000;

/** What is to be seen of the service at its admin page. */
export class Admin {
  readonly #service: Service;
  readonly #redactor: Redactor;
  readonly #listing: KeptListing;
  readonly #feed: Feed;

  constructor(service: Service, redactor: Redactor) {
    this.#service = service;
    this.#redactor = redactor;
    this.#listing = new KeptListing(() => service.listing());
    this.#feed = new Feed({
      everyMs,
      sample: () => this.status(),
      until: service.draining,
      onError: (error) => service.log.error({ message: 'the status cannot be told', error }),
    });
  }

  /** The status as JSON, without any secret. */
  async status(): Promise<string> {
    const status = await statusOf(this.#service, await this.#listing.current());
    return this.#redactor.mask(JSON.stringify(status));
  }

  /**
   * The status again and again, as long as whoever reads it may.
   *
   * @param isLive - whether they still may.
   */
  async *events(isLive: () => boolean): AsyncGenerator<ServerEvent> {
    for await (const status of this.#feed.read()) {
      if (!isLive()) return;
      yield { data: JSON.parse(status) };
    }
  }
}
