import { Problem } from '#lib/problems';

/**
 * The SHA-256 that a request says its content has, base64; undefined where it says none.
 *
 * @throws {Problem} `bad-request`: a digest is not one.
 * @see https://www.rfc-editor.org/rfc/rfc9530
 */
export function saidDigest({ headers }: Request): string | undefined {
  const [first, ...others] = ['content-digest', 'repr-digest'].flatMap((name) =>
    digestsIn(name, headers.get(name)),
  );
  if (others.some((other) => other !== first))
    throw new Problem(
      'bad-request',
      '`Content-Digest` and `Repr-Digest` say different digests of one content.',
    );
  return first;
}

/** An entry of a dictionary of byte sequences (RFC 9651); other algorithms than this one are passed over. */
function digestsIn(name: string, header: string | null): string[] {
  if (header === null) return [];
  const entry = header
    .split(',')
    .map((each) => each.trim())
    .find((each) => /^sha-256=/i.test(each));
  if (entry === undefined) return [];
  const [, digest] = /^sha-256=:([A-Za-z0-9+/]{43}=):$/i.exec(entry) ?? [];
  if (digest !== undefined) return [digest];
  throw new Problem('bad-request', `\`${name}\` is '${header}', and a SHA-256 is \`sha-256=:<base64>:\`.`);
}
