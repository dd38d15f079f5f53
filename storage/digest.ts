import { Problem } from '#lib/problems';

/**
 * Sees that content is what was said of it.
 *
 * @param sha256 - of the content.
 * @param wanted - what it should be, base64; undefined where nobody said.
 * @throws {Problem} `digest-mismatch`
 */
export function checkDigest(sha256: Buffer, wanted: string | undefined): void {
  if (wanted === undefined || sha256.equals(Buffer.from(wanted, 'base64'))) return;
  throw new Problem(
    'digest-mismatch',
    `The content has the SHA-256 ${sha256.toString('base64')}, not ${wanted}.`,
  );
}
