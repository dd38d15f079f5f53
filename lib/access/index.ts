export { FailedKeys } from './failed-keys.ts';
export { givenKey, Keyring, type KeyUse } from './keyring.ts';
export { networkOf } from './network.ts';
export { hasScope, type Principal } from './principal.ts';
export { type TokenAccess, Tokens } from './tokens.ts';
