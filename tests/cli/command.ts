import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa, type Options } from 'execa';

import { makeProject, type Project } from '../project.ts';

const shop = `"""Sells tea."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import heady


def price(tea: str, cups: int = 1) -> dict[str, int]:
    print(f"pouring {tea}")
    return {tea: 2 * cups}


def complain() -> None:
    print("invocation")
    logging.warning("cold")
    try:
        _boil()
    except ValueError:
        logging.exception("no tea")


def _boil() -> None:
    raise ValueError("out of water")


def brew() -> str:
    _boil()
    return "tea"


@heady.function(timeout="300ms")
def steep() -> None:
    time.sleep(30)


def wait() -> None:
    print("waiting", flush=True)
    time.sleep(30)


def count(to: int) -> Iterator[int]:
    for number in range(to):
        yield number
        time.sleep(0.2)


def spill() -> Iterator[int]:
    yield 1
    raise ValueError("spilt")


def stir() -> None:
    print("invocation")
    try:
        _boil()
    except ValueError:
        logging.exception("no tea")


def weigh(order: heady.File) -> str:
    return f"{order.name}: {order.path.read_text()}"


def receipt() -> heady.File:
    Path("receipt.txt").write_text("2 cups")
    return heady.File("receipt.txt", type="text/plain")
`;

/** A project with a worker `shop`, and one that does not load. */
export function makeShop(): Project {
  const project = makeProject();
  writeFileSync(join(project.root, 'workers/shop.py'), shop);
  writeFileSync(join(project.root, 'workers/broken.py'), '\ndef broken( -> int:\n');
  return project;
}

const { PATH, HOME } = process.env;

/** Nothing in the environment but what is given, so that CI's own variables change nothing. */
export const alone = { env: { PATH, HOME }, extendEnv: false, reject: false, stdin: 'ignore' } as const;

/** Runs a command of the project's. */
export function heady<T extends Options>(root: string, words: readonly string[], options?: T) {
  return execa('node', [join(root, 'heady-manager.js'), ...words], {
    cwd: root,
    ...alone,
    ...options,
    env: { ...alone.env, ...options?.env },
  } as const);
}

/** Calls a function of the shop. */
export async function invoke(root: string, words: readonly string[], options: Options = {}) {
  const { stdout, stderr, exitCode } = await heady(root, ['invoke', 'shop', ...words], options);
  return { stdout: String(stdout), stderr: String(stderr), exitCode };
}

/** The line that says what a call has used, of one that went so. */
export function usage(name: string, outcome: string): RegExp {
  const time = String.raw`[\d.]+m?s`;
  return new RegExp(
    `^${name}: ${outcome} in ${time}, queued ${time}, CPU ${time}, peak memory (?:[\\d.]+[KM]?B|not measured .*)$`,
    'm',
  );
}
