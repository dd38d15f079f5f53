import type { Row } from './report.ts';

type Target = { readonly atLeast: number } | { readonly below: number };

/** What the service must reach; a run that misses one fails. In the units of the rows that name them. */
export const targets = {
  latencyRatio: { atLeast: 40 },
  throughputRatio: { atLeast: 40 },
  physicalRatio: { atLeast: 0.4 },
  reuseRatio: { atLeast: 0.8 },
  pacedMedian: { below: 2 },
  pacedTail: { below: 5 },
  minorFaults: { below: 221 },
  breachMilliseconds: { below: 100 },
  firstItemMilliseconds: { below: 10 },
  streamsMegabytes: { below: 100 },
  growthPercent: { below: 5 },
  descriptorGrowth: { below: 1 },
  restMegabytes: { below: 180 },
  startSeconds: { below: 1.5 },
  uploadMegabytes: { below: 40 },
  uploadRatio: { atLeast: 0.6 },
  downloadRatio: { atLeast: 0.6 },
  filesMegabytes: { below: 40 },
  pageMilliseconds: { below: 20 },
  saveMilliseconds: { below: 500 },
  gatewayMilliseconds: { below: 1.5 },
  pieceMilliseconds: { below: 1 },
  flakyPercent: { below: 1 },
  heldMegabytes: { below: 150 },
  fastifyRatio: { atLeast: 1 },
  expressRatio: { atLeast: 2.5 },
  bareNitroRatio: { atLeast: 0.7 },
  frontDoorMissing: { below: 1 },
  generatorHeadroom: { atLeast: 1 },
  slowTail: { below: 3 },
  slowMegabytes: { below: 200 },
  floodTail: { below: 3 },
  floodMegabytes: { below: 60 },
  recoverySeconds: { below: 2 },
  openStreamsSeconds: { below: 2 },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

export function isMet({ result, target }: Row): boolean {
  if (target === undefined) return true;
  const bound: Target = targets[target];
  return 'atLeast' in bound ? result.value >= bound.atLeast : result.value < bound.below;
}

export function describeTarget({ result, target }: Row): string {
  if (target === undefined) return '';
  const bound: Target = targets[target];
  return 'atLeast' in bound ? `≥ ${bound.atLeast} ${result.unit}` : `< ${bound.below} ${result.unit}`;
}
