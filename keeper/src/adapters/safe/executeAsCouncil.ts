import protocolKit from '@safe-global/protocol-kit';
import type { Address, Hex } from '../../core/commands.ts';

// The package runs as an ES module and is typed as CommonJS: what it calls the module's default is the import itself.
const Safe = protocolKit as unknown as typeof protocolKit.default;

/** The kit's client would look every four seconds. */
const RECEIPT_POLL_MS = 500;

/** Safe's own contracts on a chain that its registry does not know. */
export interface SafeContracts {
  readonly singleton: Address;
  readonly proxyFactory: Address;
  readonly multiSend: Address;
  readonly multiSendCallOnly: Address;
}

export interface Council {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly safe: Address;
  readonly contracts: SafeContracts;
  /** Private keys of at least as many owners as the threshold; the first one also pays for the gas. */
  readonly ownerKeys: readonly Hex[];
}

export class CouncilError extends Error {
  override readonly name = 'CouncilError';
}

/**
 * Lets a Safe make one call: each owner signs the Safe transaction, the first one sends it. Resolves to the hash of the
 * mined transaction. Throws `CouncilError` when the Safe refuses, for instance with too few or foreign signatures.
 */
export async function executeAsCouncil(
  council: Council,
  call: { readonly to: Address; readonly data: Hex },
): Promise<Hex> {
  const [first] = council.ownerKeys;
  if (first === undefined) throw new CouncilError('no owner to sign');
  try {
    const kit = await Safe.init({
      provider: council.rpcUrl,
      signer: first,
      safeAddress: council.safe,
      contractNetworks: {
        [String(council.chainId)]: {
          safeSingletonAddress: council.contracts.singleton,
          safeProxyFactoryAddress: council.contracts.proxyFactory,
          multiSendAddress: council.contracts.multiSend,
          multiSendCallOnlyAddress: council.contracts.multiSendCallOnly,
        },
      },
    });
    let transaction = await kit.createTransaction({ transactions: [{ ...call, value: '0' }] });
    for (const signer of council.ownerKeys) {
      const owner = await kit.connect({ signer });
      transaction = await owner.signTransaction(transaction);
    }
    const { hash } = await kit.executeTransaction(transaction);
    const receipt = await kit
      .getSafeProvider()
      .getExternalProvider()
      .waitForTransactionReceipt({ hash: hash as Hex, pollingInterval: RECEIPT_POLL_MS });
    if (receipt.status !== 'success') throw new Error(`transaction ${hash} reverted`);
    return hash as Hex;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new CouncilError(`Safe ${council.safe} on chain ${council.chainId}: ${reason}`, { cause });
  }
}
