export { FailedKeys } from './failed-keys.ts';
export { givenKey, Keyring, type KeyUse } from './keyring.ts';
export { networkOf } from './network.ts';
export { isOwnOrigin } from './own-origin.ts';
export { hasScope, type Principal } from './principal.ts';
export { type Requester, requesterId } from './requester.ts';
export { type TokenAccess, Tokens } from './tokens.ts';
