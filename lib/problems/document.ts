import { problemTypes } from './codes.ts';

/** The text of `docs/errors.md`: every error that the service answers with, its cause and what mends it. */
export function errorsPage(): string {
  const entries = Object.entries(problemTypes).map(
    ([code, { status, title, cause, mend }]) =>
      `## \`${code}\`\n\n**${status} ${title}.** ${cause} ${mend}\n`,
  );
  return `<!-- Generated from lib/problems/codes.ts by \`npm run generate\`. -->
# Errors

Every error is answered as problem details (RFC 9457), with the content type \`application/problem+json\`: \`type\`,
\`title\`, \`status\`, \`detail\`, \`code\` and \`requestId\`, the last one also in the header \`x-request-id\` and in the log.
Where fields are invalid there is \`errors\`, each with a JSON pointer to the field; where a limit was hit, \`limit\` and
\`used\`. Rely on \`code\`: it is never renamed.

${entries.join('\n')}`;
}
