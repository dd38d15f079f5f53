// Starts the service: `node heady-manager.js`, or with `dev` the development server. Plain JavaScript that Node 20 can
// read, as that may be what runs it. Three steps, each in the process of the one before where the system allows it:
// the right Node, then a clean environment block and a bounded heap, then the service.
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
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { instanceMemoryBytes } from './lib/config/instance.js';

const root = fileURLToPath(new URL('.', import.meta.url));
const requiredMajor = 24;

/** The environment block is readable by every process of this user: only these variables stay in it. */
const openVariables = /^(?:PATH|HOME|LANG|LC_\w+|TZ|TERM|NODE_\w+|SSL_\w+|RENDER\w*)$/;
/** Set in the environment of the process that finds the other variables in descriptor 0. */
const handedOver = 'HEADY_HANDOVER';
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

if (Number(process.versions.node.split('.')[0]) < requiredMajor) runWithRequiredNode();
else if (process.execve && !process.env[handedOver]) cleanEnvironmentBlock();
else await run();

/** Runs the same command with the Node that the npm package `node` has brought, passing signals and exit status on. */
function runWithRequiredNode() {
  const node = join(root, 'node_modules/node/bin/node');
  if (!existsSync(node))
    fail(
      `Node ${requiredMajor} is needed, this is ${process.version}, and ${node} is not there. Run \`npm install\`.`,
    );
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) =>
    signal ? process.kill(process.pid, signal) : process.exit(status ?? 1),
  );
}

/**
 * Replaces this process by one whose environment block holds no secret and whose heap has a ceiling. The other
 * variables go through an unlinked file as descriptor 0, one of the three that stay open.
 */
function cleanEnvironmentBlock() {
  const entries = Object.entries(process.env);
  const open = entries.filter(([name]) => openVariables.test(name));
  const others = entries.filter(([name]) => !openVariables.test(name));
  closeSync(0);
  writeSync(openUnlinked(), JSON.stringify(Object.fromEntries(others)));
  const heapMegabytes = Math.round((instanceMemoryBytes() * heapShare) / 1024 ** 2);
  const words = [
    process.execPath,
    ...process.execArgv,
    `--max-heap-size=${heapMegabytes}`,
    `--max-semi-space-size=${semiSpaceMegabytes}`,
    ...process.argv.slice(1),
  ];
  process.execve(process.execPath, words, { ...Object.fromEntries(open), [handedOver]: '1' });
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
  delete process.env[handedOver];
  Object.assign(process.env, JSON.parse(readFileSync('/proc/self/fd/0', 'utf8')));
  ftruncateSync(0);
  closeSync(0);
  openSync('/dev/null', 'r');
}

async function run() {
  takeOverEnvironment();
  const development = process.argv[2] === 'dev';
  const server = join(root, '.output/server/index.mjs');
  if (!development && !existsSync(server)) fail(`${server} is not there. Run \`npm run build\`.`);
  const entry = await import(development ? './lib/dev/index.ts' : pathToFileURL(server).href);
  try {
    await entry.start({ root });
  } catch (error) {
    if (error.name !== 'StartError') throw error;
    fail(error.message);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
