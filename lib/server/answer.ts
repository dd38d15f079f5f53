import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
  STATUS_CODES,
} from 'node:http';

import { contentPolicy } from '#lib/http';

type Head = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** A response that says what all of them say, beside what it says itself, whoever sends it and however. */
export class Answer<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** What it says where nobody says otherwise: names in lower case and values, by turns. */
  readonly fields: string[] = [];

  override writeHead(status: number, text?: string | Head, head?: Head): this {
    const own = typeof text === 'object' ? text : head;
    const reason = (typeof text === 'string' && text) || STATUS_CODES[status];
    return super.writeHead(status, reason, this.#completed(Array.isArray(own) ? own : flat(own)));
  }

  /** One flat list, as Node writes it fastest. A loop, as this is done for each request. */
  #completed(own: readonly OutgoingHttpHeader[]): OutgoingHttpHeader[] {
    const all = [...own];
    const said = new Set<OutgoingHttpHeader>();
    let type = '';
    for (let index = 0; index < own.length; index += 2) {
      const name = String(own[index]).toLowerCase();
      said.add(name);
      if (name === 'content-type') type = String(own[index + 1]);
    }
    const { fields } = this;
    for (let index = 0; index < fields.length; index += 2) {
      const name = fields[index] ?? '';
      if (name === 'vary' || !said.has(name)) all.push(name, fields[index + 1] ?? '');
    }
    if (!said.has('content-security-policy')) all.push('content-security-policy', contentPolicy(type));
    return all;
  }
}

function flat(head: OutgoingHttpHeaders = {}): OutgoingHttpHeader[] {
  return Object.entries(head).flatMap(([name, value = '']) => [value].flat().flatMap((each) => [name, each]));
}
