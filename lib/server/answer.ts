/* oxlint-disable no-underscore-dangle -- the name that Node gives to it */
import { type IncomingMessage, type OutgoingHttpHeader, ServerResponse } from 'node:http';

import type { Config } from '#lib/config';
import { contentPolicy, type Field, securityFields } from '#lib/http';

/** What a route says: names and values by turns, or Node's own table of names in lower case. */
type Said = readonly OutgoingHttpHeader[] | Readonly<Record<string, readonly [string, OutgoingHttpHeader]>>;

declare module 'node:http' {
  interface OutgoingMessage {
    /** Composes the head: Node calls it once for each response, however that is sent. */
    _storeHeader(firstLine: string, said?: Said | null): void;
  }
}

/** What all answers of the service say. */
export function commonFields({ publicUrl }: Config): CommonFields {
  return new CommonFields(securityFields({ overTls: publicUrl?.startsWith('https:') ?? false }));
}

/** What all answers say. The lines of most of them are made once: to check and join a dozen fields costs as much as a key. */
export class CommonFields {
  readonly #fields: readonly Field[];
  readonly #whole = new Map<string | undefined, string>();

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  /** The lines of an answer with this policy for its content, but for those that it has of its own. */
  lines(policy: string | undefined, own: readonly string[]): string {
    if (own.length > 0) return linesOf(this.#with(policy), own);
    const known = this.#whole.get(policy);
    if (known !== undefined) return known;
    const lines = linesOf(this.#with(policy), own);
    this.#whole.set(policy, lines);
    return lines;
  }

  #with(policy: string | undefined): readonly Field[] {
    return policy === undefined ? this.#fields : [...this.#fields, ['content-security-policy', policy]];
  }
}

/** A response that says what all of them say, beside what it says itself, whoever sends it and however. */
export class Answer<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  common: CommonFields | undefined;
  readonly #fields: Field[] = [];

  /** Has it say this as well, unless the route says something else by this name; `vary` adds to what that says. */
  add(...fields: readonly Field[]): void {
    this.#fields.push(...fields);
  }

  /**
   * Adds the lines to the first one of the head. What Node offers for it takes the fields one by one, checks each, and makes
   * a table of them: 4 % of a small request.
   */
  override _storeHeader(firstLine: string, said: Said | null = null): void {
    const own: string[] = [];
    let type = '';
    for (const [name, value] of said ? pairs(said) : []) {
      if (name === 'content-type') type = value;
      else if (name !== 'content-length') own.push(name);
    }
    const lines = linesOf(this.#fields, own) + (this.common?.lines(this.#policy(type), own) ?? '');
    super._storeHeader(firstLine + lines, said);
  }

  /** None where nothing has changed: it would replace that of the page which the browser has (RFC 9111, 3.2). */
  #policy(contentType: string): string | undefined {
    return this.statusCode === 304 ? undefined : contentPolicy(contentType);
  }
}

function linesOf(fields: readonly Field[], own: readonly string[]): string {
  let lines = '';
  for (const [name, value] of fields)
    if (name === 'vary' || !own.includes(name)) lines += `${name}: ${value}\r\n`;
  return lines;
}

function pairs(said: Said): [name: string, value: string][] {
  if (!Array.isArray(said)) return Object.entries(said).map(([name, [, value]]) => [name, String(value)]);
  const found: [string, string][] = [];
  for (let index = 0; index < said.length; index += 2)
    found.push([String(said[index]).toLowerCase(), String(said[index + 1])]);
  return found;
}
