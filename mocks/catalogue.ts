import { http } from 'msw';

import { created } from './generation.ts';
import { findModel, type MockModel, models } from './models.ts';
import { errorReply, jsonReply } from './replies.ts';

/** `GET /v1/models` and `/v1/models/{id}`: the models that a server tells of. Public; no token needed. */
export function catalogueHandlers(origin: string, isListed: (model: MockModel) => boolean) {
  return [
    http.get(`${origin}/v1/models`, () =>
      jsonReply({ object: 'list', data: models.filter(isListed).map(entryOf) }),
    ),
    // A wildcard, because the id holds a slash that some clients send as %2F.
    http.get(`${origin}/v1/models/*`, ({ request }) => {
      const id = decodeURIComponent(new URL(request.url).pathname.slice('/v1/models/'.length));
      const model = findModel(id);
      return model !== undefined && isListed(model) ? jsonReply(entryOf(model)) : unknownModel(id);
    }),
  ];
}

function entryOf(model: MockModel): Record<string, unknown> {
  return {
    id: model.id,
    object: 'model',
    created,
    owned_by: model.id.split('/')[0],
    architecture: { input_modalities: ['text'], output_modalities: ['text'] },
    providers: [
      {
        provider: model.provider.name,
        status: 'live',
        context_length: model.contextTokens,
        supports_tools: true,
        supports_structured_output: true,
      },
    ],
  };
}

function unknownModel(id: string): Response {
  return errorReply(404, {
    message: `The model '${id}' does not exist`,
    type: 'invalid_request_error',
    param: 'model',
    code: 'model_not_found',
  });
}
