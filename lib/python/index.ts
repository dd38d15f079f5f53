export type { Answer, Call, Grant } from './call.ts';
export { PythonEngine } from './engine.ts';
export type { ItemStream } from './item-stream.ts';
export { findInterpreter, InterpreterError } from './interpreter.ts';
export type { ListedWorker } from './listing.ts';
export { SandboxError } from './sandbox-policy.ts';
