// Completes package-lock.json. A registry that lacks the packages of other platforms makes `npm install` write a lock
// without them, and `npm ci` then refuses that lock everywhere ("Missing: … from lock file"). Also takes out download
// addresses: who installs decides from which registry. Run after each change of dependencies:
//   node tools/mendLock.mjs [--check] [package-lock.json]
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const PROCESSOR_NAMES = { amd64: 'x64', aarch64: 'arm64' };
const LIBRARIES = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

/** Where `name` is found from the package at `path`, as Node looks for it; undefined when it is not in the lock. */
function findEntry(packages, path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[candidate] !== undefined) return candidate;
    if (folder === '') return undefined;
  }
}

/** What npm would know about a platform package from the registry, read off its name: `@x/cli-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.map((word) => PROCESSOR_NAMES[word] ?? word).filter((word) => PROCESSORS.includes(word));
  const libc = words.flatMap((word) => LIBRARIES[word] ?? []);
  if (cpu.length !== 1 || (os.length !== 1 && cpu[0] !== 'wasm32')) {
    throw new Error(`cannot tell the platform of ${name} from its name`);
  }
  return { ...(os.length > 0 && { os }), cpu, ...(libc.length > 0 && { libc }) };
}

function missingEntries(packages) {
  const missing = {};
  for (const [path, parent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (findEntry({ ...packages, ...missing }, path, name) !== undefined) continue;
      if (!/^\d+\.\d+\.\d+/.test(version))
        throw new Error(`${path || 'package.json'} wants ${name}@${version}: not an exact version`);
      missing[`node_modules/${name}`] = {
        version,
        ...platformOf(name),
        ...(parent.dev && { dev: true }),
        optional: true,
      };
    }
  }
  return missing;
}

/** The lock with everything mended, and one sentence for each thing that had to be. */
function mend(lock) {
  const findings = [];
  const packages = Object.fromEntries(
    Object.entries(lock.packages).map(([path, entry]) => {
      // `resolved` of a link is the workspace's folder, not an address.
      if (entry.link || entry.resolved === undefined) return [path, entry];
      findings.push(`${path} has a download address`);
      const { resolved, ...rest } = entry;
      return [path, rest];
    }),
  );
  const missing = missingEntries(packages);
  for (const path of Object.keys(missing)) findings.push(`${path} is missing`);
  const sorted = Object.entries({ ...packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { findings, lock: { ...lock, packages: Object.fromEntries(sorted) } };
}

const args = process.argv.slice(2);
const check = args.includes('--check');
const file = args.find((arg) => !arg.startsWith('-')) ?? new URL('../package-lock.json', import.meta.url);
const { findings, lock } = mend(JSON.parse(readFileSync(file, 'utf8')));
for (const finding of findings) console.log(finding);
if (findings.length === 0) {
  console.log('package-lock.json is complete');
} else if (check) {
  console.log('package-lock.json is not complete; run: node tools/mendLock.mjs');
  process.exitCode = 1;
} else {
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`mended package-lock.json (${findings.length})`);
}
