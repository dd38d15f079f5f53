import { Problem } from '#lib/problems';

const names = ['content-digest', 'repr-digest'];

/**
 * The SHA-256 that a request says its content has, base64; undefined where it says nothing.
 *
 * @throws {Problem} `bad-request`: a digest is none, or none that is verified.
 * @see https://www.rfc-editor.org/rfc/rfc9530
 */
export function saidDigest({ headers }: Request): string | undefined {
  const [first, ...others] = names.flatMap((name) => digestIn(name, headers.get(name)) ?? []);
  if (others.some((other) => other !== first))
    throw new Problem(
      'bad-request',
      '`Content-Digest` and `Repr-Digest` say different digests of one content.',
    );
  return first;
}

/** Sees that nothing is said of a form, whose digest is not that of its file. @throws {Problem} `bad-request` */
export function checkUndigested({ headers }: Request): void {
  const name = names.find((each) => headers.has(each));
  if (name === undefined) return;
  throw new Problem('bad-request', `\`${name}\` would be of the form, and not of its file: PUT the file.`);
}

/** An entry of a dictionary of byte sequences, whose parameters mean nothing here (RFC 9651, 3.2). */
const sha256Grammar = /^sha-256=:([A-Za-z0-9+/]{43}=):(?:\s*;[^,]*)?$/;

/** Others beside a SHA-256 are passed over. */
function digestIn(name: string, header: string | null): string | undefined {
  if (header === null) return undefined;
  const entries = header.split(',').map((each) => each.trim());
  const [, digest] = sha256Grammar.exec(entries.find((each) => /^sha-256\b/i.test(each)) ?? '') ?? [];
  if (digest !== undefined) return digest;
  throw new Problem(
    'bad-request',
    `\`${name}\` is '${header}', and what is verified is \`sha-256=:<base64>:\`.`,
  );
}
