export type { Answer, Call, GivenTexts, Grant, Output, RequestFacts, RouteCall } from './call.ts';
export { PythonEngine } from './engine.ts';
export type { ItemStream } from './item-stream.ts';
export type { DescribedFunction } from './messages.ts';
export { findInterpreter, InterpreterError } from './interpreter.ts';
export type { ListedWorker } from './listing.ts';
export type { GivenFile, Parts } from './parts.ts';
export type { ReturnedFile } from './returned-file.ts';
export { SandboxError } from './sandbox-policy.ts';
