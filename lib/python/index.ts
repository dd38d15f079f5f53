export { type Answer, type Call, type Grant, type ListedWorker, PythonEngine } from './engine.ts';
export { findInterpreter, InterpreterError } from './interpreter.ts';
export { nearNames } from './near-names.ts';
