import { models } from './models.ts';
import { provocations } from './provocations.ts';

/** The text of `docs/mock.md`: what the mock serves, and the failures that it has ready. */
export function mockPage(): string {
  return `<!-- Generated from mocks/provocations.ts by \`npm run generate\`. -->
# The mock

Where \`HF_TOKEN\` is not set outside production, or \`HEADY_HF_MOCK=1\`, inference is answered by a mock in the service
itself: offline, the same for equal requests, and by what was sent. \`npm run mock\` has it on a port of its own, and with
\`MOCK_SERVER=openai\` a server with OpenAI's API in place of Hugging Face's.

## Models

| model | tasks |
|---|---|
${models.map(({ id, tasks }) => `| \`${id}\` | ${tasks.join(', ')} |`).join('\n')}

Chat calls a tool when the user names it, and answers in JSON where \`response_format\` wants it.

## Failures

A \`model\` of one of these names has what it says, in chat, completions, embeddings and tasks alike:

| model | what comes |
|---|---|
${provocations.map(({ model, what }) => `| \`${model}\` | ${what} |`).join('\n')}

A token \`hf_invalid\`, or none, is 401. The gateway tries some of these again: what its caller gets is in
[inference.md](inference.md).
`;
}
