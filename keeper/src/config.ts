// The keeper's and the courier's configuration files: JSON, checked before anything starts. In production the file is
// part of the measured compose file, so nothing here may come from the environment.
import { readFileSync } from 'node:fs';
import Type from 'typebox';
import { Value } from 'typebox/value';

const Address = Type.String({ pattern: '^0x[0-9a-fA-F]{40}$' });
const PrivateKey = Type.String({ pattern: '^0x[0-9a-fA-F]{64}$' });
const Url = Type.String({ pattern: '^https?://' });
const ChainId = Type.Integer({ minimum: 1 });

const KeeperSchema = Type.Object(
  {
    homeChainId: ChainId,
    authority: Address,
    checkpointer: Address,
    directory: Address,
    /** Unix socket of the guest agent. */
    teeSocket: Type.String({ minLength: 1 }),
    /** The KMS root that signs derived keys, and the application they are derived for. */
    pinnedRoot: Type.Optional(Type.String({ pattern: '^0x[0-9a-f]+$' })),
    appId: Type.Optional(Type.String({ pattern: '^0x[0-9a-f]{40}$' })),
    dataDirectory: Type.String({ minLength: 1 }),
    http: Type.Object(
      {
        host: Type.String(),
        port: Type.Integer({ minimum: 0, maximum: 65_535 }),
        /** Authority that sign-in texts must name, when it is not `host:port`. */
        domain: Type.Optional(Type.String({ minLength: 1 })),
      },
      { additionalProperties: false },
    ),
    chains: Type.Array(
      Type.Object(
        {
          chainId: ChainId,
          rpcUrls: Type.Array(Url, { minItems: 1 }),
          /** How many of the RPCs must agree; more than half. */
          quorum: Type.Integer({ minimum: 1 }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
    /** Only for development: otherwise the gas key is made at random and kept beside the leader key. */
    gasPrivateKey: Type.Optional(PrivateKey),
    keyEpoch: Type.Integer({ minimum: 1, maximum: 256 }),
    /** Over how many checkpoints a snapshot rolls. May be changed at any start. */
    checkpointSlices: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_096 })),
    /** What the public sees of books and trades. */
    publicBooks: Type.Union([Type.Literal('dark'), Type.Literal('trades'), Type.Literal('depth')]),
    /** Milliseconds between two looks at the chains. */
    pollMs: Type.Optional(Type.Integer({ minimum: 100 })),
    /** Whom to ask for prices. Without it there are none, and no margin account can do anything. */
    prices: Type.Optional(
      Type.Object(
        {
          /** Symbol of the asset that values are counted in. */
          numeraire: Type.String({ minLength: 1 }),
          /** Whole units of the numeraire, from the smallest probe to the largest piece of a liquidation. */
          probes: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 8 })),
          /** CoW Protocol's order book API of a chain, for the tokens that the Directory lists there. */
          cow: Type.Optional(
            Type.Array(Type.Object({ chainId: ChainId, url: Url }, { additionalProperties: false }), { minItems: 1 }),
          ),
          /** Jupiter's quote API, with the mints of assets by symbol. */
          jupiter: Type.Optional(
            Type.Object(
              {
                url: Url,
                mints: Type.Array(
                  Type.Object(
                    {
                      symbol: Type.String({ minLength: 1 }),
                      mint: Type.String({ pattern: '^[1-9A-HJ-NP-Za-km-z]{32,44}$' }),
                      decimals: Type.Integer({ minimum: 0, maximum: 18 }),
                    },
                    { additionalProperties: false },
                  ),
                  { minItems: 2 },
                ),
              },
              { additionalProperties: false },
            ),
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

const CourierSchema = Type.Object(
  {
    keeperUrl: Url,
    privateKey: PrivateKey,
    chains: Type.Array(
      Type.Object(
        { chainId: ChainId, rpcUrl: Url, registry: Address, authority: Address },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
    pollMs: Type.Optional(Type.Integer({ minimum: 100 })),
  },
  { additionalProperties: false },
);

export type KeeperConfig = Type.Static<typeof KeeperSchema>;
export type CourierConfig = Type.Static<typeof CourierSchema>;

export class ConfigError extends Error {
  override name = 'ConfigError';
}

export function readKeeperConfig(path: string): KeeperConfig {
  const config = read(path, KeeperSchema);
  if (!config.chains.some(({ chainId }) => chainId === config.homeChainId)) {
    throw new ConfigError(`${path}: chains must contain the home chain ${config.homeChainId}.`);
  }
  return config;
}

export function readCourierConfig(path: string): CourierConfig {
  return read(path, CourierSchema);
}

function read<T extends Type.TSchema>(path: string, schema: T): Type.Static<T> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`${path} cannot be read as JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  if (Value.Check(schema, value)) return value as Type.Static<T>;
  throw new ConfigError(`${path}: ${firstProblem(schema, value)}.`);
}

/** What is wrong first with a value that does not fit its schema, and where. */
export function firstProblem(schema: Type.TSchema, value: unknown): string {
  const problems = Value.Errors(schema, value);
  const [first] = problems;
  const where = first?.instancePath || 'it';
  // What closes an object to other fields is reported as a schema that is false, a choice as each of its constants.
  if (first?.keyword === 'boolean') return `${where} is not a known field`;
  if (first?.keyword !== 'const') return `${where} ${first?.message ?? 'has the wrong shape'}`;
  const allowed = problems.flatMap((problem) =>
    problem.keyword === 'const' && problem.instancePath === first.instancePath ? [problem.params.allowedValue] : [],
  );
  return `${where} must be ${allowed.join(' or ')}`;
}
