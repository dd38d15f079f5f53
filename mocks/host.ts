import { withToken } from './access.ts';
import { findModel, isChatModel, withoutProvider } from './models.ts';
import { gpuOrigin, routerOrigin } from './origins.ts';
import { isProvoking, provoked } from './provocations.ts';
import { errorReply } from './replies.ts';
import type { MockState } from './state.ts';

type Resolver<Info> = (info: Info) => Promise<Response>;

/** A server that the mock stands for, with what differs from one to another. */
export interface Host {
  readonly origin: string;
  /** A handler that answers only who may ask. */
  readonly guarded: <Info extends { readonly request: Request }>(answer: Resolver<Info>) => Resolver<Info>;
  /** How it refuses a model that it does not have for chat; undefined for one that it has. */
  readonly refusedModel: (id: string) => Response | undefined;
  /** What the name of a model provokes. */
  readonly provoked: (model: string, signal: AbortSignal) => Promise<Response | undefined>;
}

/** Hugging Face's router. */
export function routerHost(state: MockState): Host {
  return {
    origin: routerOrigin,
    guarded: (answer) => withToken(answer, (token) => token !== '' && token !== refusedToken),
    refusedModel: (id) =>
      hasChat(id)
        ? undefined
        : refused(
            400,
            `The requested model '${id}' is not supported by any provider you have enabled.`,
            'model_not_supported',
          ),
    provoked: async (model, signal) => provoked(model, { state, signal }),
  };
}

/** A server with OpenAI's API, such as vLLM; with a key it answers only who has it. */
export function gpuHost(state: MockState, key: string | undefined): Host {
  return {
    origin: gpuOrigin,
    guarded: (answer) => withToken(answer, (token) => key === undefined || token === key),
    refusedModel: (id) =>
      hasChat(id) ? undefined : refused(404, `The model \`${id}\` does not exist.`, 'model_not_found'),
    provoked: async (model, signal) => provoked(model, { state, signal }),
  };
}

/** A token that the mock of Hugging Face refuses, to see what a wrong one does. Any other passes, but none does not. */
const refusedToken = 'hf_invalid';

function hasChat(id: string): boolean {
  const model = findModel(withoutProvider(id));
  return isProvoking(id) || (model !== undefined && isChatModel(model));
}

function refused(status: number, message: string, code: string): Response {
  return errorReply(status, { message, type: 'invalid_request_error', param: 'model', code });
}
