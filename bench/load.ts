import { Child } from './child.ts';

/** Connections that send request after request, the next when the answer is there. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST; without it GET is sent. */
  readonly body?: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  /** Answers of 200 to 299. */
  readonly answered: number;
  readonly refused: number;
  /** Requests without an answer. */
  readonly failed: number;
  readonly seconds: number;
  readonly p99Ms: number;
  /** What the generator itself took. */
  readonly cpuSeconds: number;
}

/** The load generator: one process for all rounds, whose code is compiled once. */
export function startLoadGenerator(): Child<Load, LoadResult> {
  return new Child('load-generator.ts');
}
