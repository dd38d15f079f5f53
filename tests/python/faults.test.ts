import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, inject, it } from 'vitest';

import { copyProject, repository } from '../project.ts';
import { TestServer } from '../server.ts';

/** What a child costs is the pages that it copies: 10 µs and more each, and unlike time they can be counted. */
const mostFaults = 220;

/** From one start to the next it differs by some pages, as the kernel puts libraries at other addresses: 209 to 224 were seen. */
const tries = { retry: 2 };

it(
  'a child of a worker with pydantic and huggingface_hub takes few page faults from its fork to its end',
  tries,
  async () => {
    using project = copyProject(inject('root'));
    copyFileSync(
      join(repository, 'bench/overlay/workers/trivial.py'),
      join(project.root, 'workers/trivial.py'),
    );
    await using server = await TestServer.start({ root: project.root });
    for (let call = 0; call < 30; call += 1)
      expect((await server.call('trivial/echo', { value: 'x' })).status).toBe(200);
    const faults = server.lines
      .filter(({ message, worker }) => message === 'invocation' && worker === 'trivial')
      .map(({ minorFaults }) => Number(minorFaults))
      .toSorted((a, b) => a - b);
    const median = faults[Math.floor(faults.length / 2)];
    expect(median).toBeGreaterThan(50);
    expect(median).toBeLessThanOrEqual(mostFaults);
  },
);
