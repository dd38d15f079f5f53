import { type Bounds, runCallers, type Series } from './callers.ts';
import type { Subject } from './subject.ts';

/** A subject and how it is called in each round. */
export interface Turn {
  readonly subject: Subject;
  readonly bounds: Bounds;
}

/**
 * Lets the subjects take turns in short rounds, so that a machine that gets slower or faster meanwhile does so for all
 * of them: only ratios of one run mean anything. All rounds of a subject come as one series.
 */
export async function takeTurns<Name extends string>(
  turns: Readonly<Record<Name, Turn>>,
  rounds: number,
): Promise<Record<Name, Series>> {
  const entries = (Object.entries(turns) as [Name, Turn][]).map(([name, turn]) => ({
    name,
    turn,
    series: new Array<Series>(),
  }));
  for (let round = 0; round < rounds; round += 1)
    for (const { turn, series } of entries) series.push(await runCallers(turn.subject, turn.bounds));
  return Object.fromEntries(entries.map(({ name, series }) => [name, join(series)])) as Record<Name, Series>;
}

function join(series: readonly Series[]): Series {
  return {
    latenciesMs: series.flatMap(({ latenciesMs }) => latenciesMs),
    perSecond: series.reduce((sum, { perSecond }) => sum + perSecond, 0) / series.length,
  };
}
