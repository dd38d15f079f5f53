export { InferenceGateway, type InferenceGrant } from './gateway.ts';
