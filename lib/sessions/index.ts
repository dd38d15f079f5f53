export type { Session } from './session-tokens.ts';
export { Sessions } from './sessions.ts';
