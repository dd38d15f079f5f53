import { cpSync, globSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { copyProject, type Project, repository } from '../project.ts';
import { TestServer } from '../server.ts';
import { heady } from './command.ts';

const menu = `from collections.abc import Iterator
from typing import Literal

import heady
from pydantic import BaseModel


class Cup(BaseModel):
    tea: str


@heady.function(timeout="5s", memory="64MB", isolation="reuse")
def order(
    cup: Cup,
    size: Literal["small", "large"] = "small",
    extras: list[str] | None = None,
    prices: dict[str, float] = {},
    hot: bool = True,
) -> Cup:
    """Takes an order.

    And more.
    """
    return cup


def cups(to: int) -> Iterator[Cup]:
    yield Cup(tea="green")


def odd(engine: memoryview) -> None: ...
`;

let project: Project;

beforeAll(() => {
  project = copyProject(inject('root'));
  for (const file of globSync(join(project.root, 'workers/*.py'))) rmSync(file);
  cpSync(join(repository, 'workers/process_data.py'), join(project.root, 'workers/process_data.py'));
  writeFileSync(join(project.root, 'workers/menu.py'), menu);
  writeFileSync(
    join(project.root, 'routes/api/tea.get.py'),
    'def tea(cups: int = 1) -> int:\n    return cups\n',
  );
  writeFileSync(join(project.root, 'workers/broken.py'), 'import tea_that_is_not_there\n');
});
afterAll(() => project[Symbol.dispose]());

describe('the list of workers', () => {
  it('has each with its functions as Python has them, what they are for, and their limits', async () => {
    const { stdout, stderr, exitCode } = await heady(project.root, ['workers']);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toMatch(/^process_data {2}workers\/process_data\.py$/m);
    expect(stdout).toContain(
      '\n  qa(question: str, context: str = "", model: str | None = None) -> Answer\n',
    );
    expect(stdout).toContain(
      `
menu  workers/menu.py
  order(cup: Cup, size: Literal["small", "large"] = "small", extras: list[str] | None = None, prices: dict[str, float] = {}, hot: bool = True) -> Cup
      Takes an order.
      timeout 5s, CPU 60s, memory 64MB, output 8MB, disk 256MB, 64 processes, isolation reuse
  cups(to: int) -> Iterator[Cup]
`,
    );
  });

  it('says why a worker does not load and a function cannot be called', async () => {
    const { stdout } = await heady(project.root, ['workers']);
    expect(stdout).toMatch(
      /^broken {2}workers\/broken\.py\n {2}does not load: ModuleNotFoundError: .*tea_that_is_not_there.*line 1\)$/m,
    );
    expect(stdout).toMatch(/^ {2}odd\n {6}cannot be called: .*memoryview/m);
  });

  it('has the endpoints in Python too', async () => {
    const { stdout } = await heady(project.root, ['workers']);
    expect(stdout).toContain('\nGET /api/tea  routes/api/tea.get.py\n  tea(cups: int = 1) -> int\n');
  });

  it('is as JSON what GET /api/workers answers', async () => {
    const { stdout } = await heady(project.root, ['workers', '--json']);
    await using server = await TestServer.start({ root: project.root });
    const answered = await (await server.fetch('/api/workers')).json();
    expect(lasting(JSON.parse(String(stdout)))).toEqual(lasting(answered));
  });
});

/** A listing without what the moment decides: the memory that is left, and what has been tried of the isolation. */
function lasting(listing: Listing): unknown {
  expect(listing.workers.map(({ name }) => name)).toEqual(['broken', 'menu', 'process_data']);
  const workers = listing.workers.map(({ functions, ...worker }) => ({
    ...worker,
    functions: functions?.map(({ fits, ...rest }) => ({ ...rest, fits: typeof fits })),
  }));
  return {
    workers,
    routes: listing.routes.map(({ file }) => file).toSorted(),
    rules: listing.enforcement.map(({ name }) => name),
  };
}

interface Listing {
  readonly workers: readonly {
    readonly name: string;
    readonly functions?: readonly { readonly fits: unknown }[];
  }[];
  readonly routes: readonly { readonly file: string }[];
  readonly enforcement: readonly { readonly name: string }[];
}
