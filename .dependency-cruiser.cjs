// The dependency rule: who may import whom in keeper/src. keeper/test/architecture.test.ts runs it with the tests and
// also checks that every file was seen and that planted violations are found.

/** The libraries that each adapter adapts. One that is not listed here gets none. */
const ADAPTER_LIBRARIES = {
  chain: ['viem'],
  crypto: ['secp256k1'],
  http: ['fastify', 'typebox', 'ws', 'viem'],
  safe: ['@safe-global/protocol-kit', 'viem'],
  tee: ['secp256k1'],
};

/** Files that nothing imports: the programs. */
const PROGRAMS = '^keeper/src/(main|cli/mw)\\.ts$';

const src = (...folders) => `^keeper/src/(${folders.join('|')})/`;
const packages = (...names) => `(^|/)node_modules/(@types/)?(${names.join('|').replaceAll('.', '\\.')})/`;
const generated = '^generated/src/';

const adapterRules = Object.entries(ADAPTER_LIBRARIES).map(([adapter, libraries]) => ({
  name: `adapter-${adapter}-libraries`,
  severity: 'error',
  comment: `adapters/${adapter} adapts ${libraries.join(', ')} and nothing else`,
  from: { path: src(`adapters/${adapter}`) },
  to: { path: '(^|/)node_modules/', pathNot: packages(...libraries) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'core imports core and pure hashing: no clock, no I/O, no randomness, not even from Node',
      from: { path: src('core') },
      to: { pathNot: [src('core'), packages('@noble/hashes', 'hash-wasm')] },
    },
    {
      name: 'client-knows-core-and-viem',
      severity: 'error',
      from: { path: src('client') },
      to: { pathNot: [src('client', 'core'), packages('viem'), generated] },
    },
    {
      name: 'flows-know-core',
      severity: 'error',
      comment: 'a flow gets the outside world through the ports in core/ports.ts',
      from: { path: src('flows') },
      to: { pathNot: [src('flows', 'core')] },
    },
    {
      name: 'adapter-knows-itself-and-core',
      severity: 'error',
      comment: 'an adapter never imports another adapter, a flow or a command',
      from: { path: '^keeper/src/adapters/([^/]+)/' },
      to: { path: ['^keeper/', generated], pathNot: ['^keeper/src/adapters/$1/', src('core'), generated] },
    },
    ...adapterRules,
    {
      name: 'adapter-without-library',
      severity: 'error',
      comment: 'name the library of a new adapter in ADAPTER_LIBRARIES',
      from: { path: '^keeper/src/adapters/', pathNot: src(`adapters/(${Object.keys(ADAPTER_LIBRARIES).join('|')})`) },
      to: { path: '(^|/)node_modules/' },
    },
    {
      name: 'only-compose-constructs-adapters',
      severity: 'error',
      comment: 'cli/devnet stands in for the outside world (chains, council, TEE host) and may use their adapters too',
      from: { path: '^keeper/src/', pathNot: ['^keeper/src/compose\\.ts$', src('adapters', 'cli/devnet')] },
      to: { path: src('adapters') },
    },
    {
      name: 'programs-are-on-top',
      severity: 'error',
      from: { path: '^keeper/src/', pathNot: [src('cli'), '^keeper/src/main\\.ts$'] },
      to: { path: src('cli') },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'a file that nothing imports and that imports nothing is dead',
      from: { orphan: true, path: '^keeper/src/', pathNot: PROGRAMS },
      to: {},
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', generated] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
