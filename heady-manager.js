// Starts the service: `node heady-manager.js`, or with `dev` the development server, or with other words a command such
// as `invoke`. Plain JavaScript that Node 20 can read, as that may be what runs it. Three steps, each in the process of
// the one before where the system allows it: the right Node, then a clean environment block and a bounded heap, then
// the service.
import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { instanceMemoryBytes } from './lib/config/instance.js';

const root = fileURLToPath(new URL('.', import.meta.url));
const requiredMajor = 24;

/** The environment block is readable by every process of this user: only these variables stay in it. */
const openVariables = /^(?:PATH|HOME|LANG|LC_\w+|TZ|TERM|NODE_\w+|SSL_\w+|RENDER\w*)$/;
/** Set in the environment of the process that finds the other variables in a descriptor, to its number. */
const handedOver = 'HEADY_HANDOVER';
/** The first one that is free for it where stdin is to stay what it is. */
const besidesStdio = 3;
/**
 * Of the instance's memory, what Node's heap may grow to; the rest is for Python and for what is outside the heap. With
 * a full queue of 2 MB bodies the heap took 27 MB, as bodies are outside of it; at 0.3, 512 MB did not hold two calls
 * of the default size.
 */
const heapShare = 0.25;
/**
 * Of it, megabytes for each half of what was made last. Node's own figure lets garbage pile up to three times 32 MB:
 * with 200 streams at once the process grew by 165 MB, by 74 MB with this one, at the same rate of calls.
 */
const semiSpaceMegabytes = 8;

/** What V8 makes of the code, and Node of TypeScript, is kept from run to run: to make it anew takes half of a start. */
const compileCache = join(root, 'node_modules/.cache/heady-manager');

const isOlderNode = Number(process.versions.node.split('.')[0]) < requiredMajor;
const mode = modeOf(process.argv[2] ?? '');

if (process.env[handedOver]) await run();
else if (mode === 'command') runCommand();
else if (isOlderNode) runAsChild(requiredNode(), [], {});
else if (process.execve) cleanEnvironmentBlock();
else await run();

/** `--` stands before a command's words where npm runs this: alone it asks for help, while no word at all serves. */
function modeOf(word) {
  if (word === 'dev') return 'dev';
  return /^\w/.test(word) || ['--', '--help', '-h'].includes(word) ? 'command' : 'serve';
}

/** The Node that runs this, or where that is too old the one that the npm package `node` has brought. */
function requiredNode() {
  if (!isOlderNode) return process.execPath;
  const node = join(root, 'node_modules/node/bin/node');
  if (!existsSync(node))
    fail(
      `Node ${requiredMajor} is needed, this is ${process.version}, and ${node} is not there. Run \`npm install\`.`,
    );
  return node;
}

/** Runs the same words in another process, passing signals and exit status on. */
function runAsChild(node, nodeOptions, { env = process.env, stdio = 'inherit' }) {
  const child = spawn(node, [...nodeOptions, ...process.argv.slice(1)], { env, stdio });
  const signals = ['SIGTERM', 'SIGINT'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) => {
    for (const passed of signals) process.removeAllListeners(passed);
    if (signal) process.kill(process.pid, signal);
    else process.exit(status ?? 1);
  });
}

/**
 * Replaces this process by one whose environment block holds no secret and whose heap has a ceiling. The other
 * variables go through an unlinked file as descriptor 0, one of the three that stay open.
 */
function cleanEnvironmentBlock() {
  const { open, others } = environmentParts();
  openAsStdin();
  writeSync(0, others, 0);
  const words = [process.execPath, ...process.execArgv, ...heapOptions(), ...process.argv.slice(1)];
  process.execve(process.execPath, words, { ...open, [handedOver]: '0' });
}

/** Opens an unlinked file as descriptor 0, which a thread of Node's may take for a moment once it is free. */
function openAsStdin() {
  closeSync(0);
  for (let left = 1000; openUnlinked() !== 0; left -= 1)
    if (left === 0) fail('Descriptor 0 is taken as soon as it is free: the service cannot start.');
}

/**
 * Runs a command in a child with the same environment block and heap. It reads stdin, which `execve` would have to give
 * up for the variables. The block of this process keeps them, as do those of npm and the shell above it.
 */
function runCommand() {
  const { open, others } = environmentParts();
  const descriptor = openUnlinked();
  writeSync(descriptor, others, 0);
  runAsChild(requiredNode(), heapOptions(), {
    env: { ...open, [handedOver]: String(besidesStdio) },
    stdio: ['inherit', 'inherit', 'inherit', descriptor],
  });
  closeSync(descriptor);
}

/** What stays in the environment block, and all else as JSON. */
function environmentParts() {
  const entries = Object.entries(process.env);
  return {
    open: Object.fromEntries(entries.filter(([name]) => openVariables.test(name))),
    others: JSON.stringify(Object.fromEntries(entries.filter(([name]) => !openVariables.test(name)))),
  };
}

function heapOptions() {
  return [
    `--max-heap-size=${Math.round((instanceMemoryBytes() * heapShare) / 1024 ** 2)}`,
    `--max-semi-space-size=${semiSpaceMegabytes}`,
  ];
}

/** Opens a file without a name, in memory where there is a file system for that; it becomes the lowest free descriptor. */
function openUnlinked() {
  if (constants.O_TMPFILE !== undefined && existsSync('/dev/shm'))
    return openSync('/dev/shm', constants.O_TMPFILE | constants.O_RDWR, 0o600);
  const path = join(tmpdir(), `heady-${process.pid}-${Date.now()}`);
  const descriptor = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
  unlinkSync(path);
  return descriptor;
}

/** Refilling `process.env` does not write to the block that /proc shows. */
function takeOverEnvironment() {
  if (!process.env[handedOver]) return;
  const descriptor = Number(process.env[handedOver]);
  delete process.env[handedOver];
  Object.assign(process.env, JSON.parse(readFileSync(descriptor, 'utf8')));
  ftruncateSync(descriptor);
  closeSync(descriptor);
  if (descriptor === 0) openSync('/dev/null', 'r');
}

async function run() {
  takeOverEnvironment();
  module.enableCompileCache(compileCache); // does nothing where that cannot be written
  try {
    const { start } = await import(entryOf(mode));
    await start({ root, words: process.argv.slice(2) });
  } catch (error) {
    if (error.name !== 'StartError') throw error;
    fail(error.message);
  }
}

function entryOf(wanted) {
  if (wanted === 'dev') return './lib/dev/index.ts';
  if (wanted === 'command') return './lib/cli/index.ts';
  const server = join(root, '.output/server/index.mjs');
  if (!existsSync(server)) fail(`${server} is not there. Run \`npm run build\`.`);
  return pathToFileURL(server).href;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
