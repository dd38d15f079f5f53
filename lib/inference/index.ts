export type { Answer, StreamedAnswer } from './answers.ts';
export { headersOf } from './api/openai-api.ts';
export { chatBody, completionBody, embeddingsBody } from './api/bodies.ts';
export { callerOf } from './api/caller.ts';
export { answerResponse, embedBody, generateBody, inferBody } from './api/task-api.ts';
export { type GatewayOptions, InferenceGateway, type InferenceHealth } from './gateway.ts';
export type { Grant } from './grants.ts';
export type { Caller, CallUsage } from './operation.ts';
