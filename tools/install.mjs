// Runs before every npm script, under whatever Node the machine has (plain JavaScript, no dependencies): makes
// node_modules what package-lock.json says, so that the scripts themselves find Node 24 and the compilers there.
// Speaks on stderr only; stdout belongs to the script that follows.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE_TO_INSTALL = 20;
const NODE_TO_RUN = 24;
const PROGRESS_EVERY_MS = process.stderr.isTTY ? 1_000 : 10_000;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(...lines) {
  for (const line of lines) say(line);
  process.exit(1);
}

function major(version) {
  return Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0);
}

/** The packages of a lock file by path, without the workspaces themselves; undefined when the file is not there. */
function readPackages(file) {
  try {
    const { packages } = JSON.parse(readFileSync(join(root, file), 'utf8'));
    return Object.entries(packages).filter(([path, entry]) => path.includes('node_modules/') && !entry.link);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether node_modules holds each package of the lock in its version. Optional ones may miss: other platforms' files. */
function isInstalled(wanted) {
  const installed = readPackages('node_modules/.package-lock.json');
  if (installed === undefined) return false;
  const versions = new Map(installed.map(([path, entry]) => [path, entry.version]));
  return wanted.every(([path, entry]) => {
    const version = versions.get(path);
    return version === undefined ? entry.optional === true : version === entry.version && existsSync(join(root, path));
  });
}

/** PATH without node_modules/.bin: npm must run under the machine's Node, not under the one that it is replacing. */
function machinePath() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.filter((folder) => !/node_modules[\\/]\.bin[\\/]?$/.test(folder)).join(delimiter);
}

function showProgress(text) {
  const start = Date.now();
  const timer = setInterval(() => {
    const line = `${text} ${Math.round((Date.now() - start) / 1000)} s`;
    process.stderr.write(process.stderr.isTTY ? `\r${line}` : `${line}\n`);
  }, PROGRESS_EVERY_MS);
  return () => {
    clearInterval(timer);
    if (process.stderr.isTTY) process.stderr.write('\r');
    return Math.round((Date.now() - start) / 1000);
  };
}

/** Runs npm under the machine's Node; resolves to its exit code and everything it said. */
function npm(args) {
  const child = spawn('npm', args, {
    cwd: root,
    env: { ...process.env, PATH: machinePath() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((done) => {
    child.on('error', (error) => done({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code) => done({ code, output }));
  });
}

async function install(count) {
  say(`Installing ${count} packages as package-lock.json says (about a minute the first time)`);
  const stop = showProgress('  npm ci …');
  // The caller's npm settings arrive as environment variables; arguments win over those that would change the result.
  // No package's install script runs, but that of the one which compiles itself where it brings no binary.
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  let result = await npm(['ci', '--ignore-scripts', '--include=dev', '--include=optional', ...quiet]);
  if (result.code === 0) result = await npm(['rebuild', 'secp256k1', '--ignore-scripts=false', ...quiet]);
  const seconds = stop();
  if (result.code === 0) return say(`Installed in ${seconds} s`);
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/;
  fail(
    result.output.trimEnd(),
    offline.test(result.output)
      ? 'npm could not reach its registry. Connect to the network (or set a registry: npm config set registry <url>) and repeat.'
      : `npm ci failed (exit code ${result.code}); its messages are above. If they speak of the lock file: node tools/mendLock.mjs`,
  );
}

/** The Node that `node` means in an npm script. */
function checkNodeOfScripts() {
  const pinned = join(root, 'node_modules', '.bin', 'node');
  const found = spawnSync(existsSync(pinned) ? pinned : 'node', ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: machinePath() },
  });
  const version = (found.stdout ?? '').trim();
  if (major(version) >= NODE_TO_RUN) return;
  fail(
    `This project runs on Node ${NODE_TO_RUN}, and \`node\` is ${version || 'not found'}.`,
    existsSync(pinned)
      ? `The package that brings it (node-${process.platform}-${process.arch}) does not start here.`
      : `There is no package with Node ${NODE_TO_RUN} for ${process.platform}-${process.arch}.`,
    `Install Node ${NODE_TO_RUN} from https://nodejs.org, and repeat.`,
  );
}

if (major(process.version) < OLDEST_NODE_TO_INSTALL) {
  fail(
    `Node ${OLDEST_NODE_TO_INSTALL} or newer is needed to install; this is ${process.version}. See https://nodejs.org`,
  );
}
const wanted = readPackages('package-lock.json');
if (wanted === undefined) fail(`There is no package-lock.json in ${root}: this is not a complete clone.`);
if (!isInstalled(wanted)) await install(wanted.filter(([, entry]) => !entry.optional).length);
checkNodeOfScripts();
