import { AsyncLocalStorage } from 'node:async_hooks';

import type { Files } from '#lib/files';
import type { PythonEngine } from '#lib/python';

/** Whose calls are made: what a request has for them. */
export interface Scope {
  readonly python: PythonEngine;
  /** Where keys are looked up: any, as what calls is the service's own code. */
  readonly files: Files;
  readonly requestId: string;
  /** Who has sent the request. */
  readonly caller: string;
  /** Aborts when the request is over: it has been answered, or its caller has gone away. */
  readonly signal: AbortSignal;
}

const scopes = new AsyncLocalStorage<() => Scope>();

/** Runs what serves a request: the calls of workers that it makes are the request's. Most make none, so `scope` is asked then. */
export function callsOf<T>(scope: () => Scope, serve: () => T): T {
  return scopes.run(scope, serve);
}

/** @param name - of what is called. @throws {Error} no request is being served. */
export function currentScope(name: string): Scope {
  const scope = scopes.getStore();
  if (scope) return scope();
  throw new Error(
    `${name} was called while no request was served: call it from a route, or from what a route calls.`,
  );
}
