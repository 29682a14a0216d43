// Who is who on the development chains. These keys are printed in anvil's own documentation: everybody has them. They
// are refused nowhere, so never send anything of value to their addresses.
import { toHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import type { Address, Hex } from '../../core/commands.ts';

const MNEMONIC = 'test test test test test test test test test test test junk';

/** How many accounts anvil has to fund. */
export const DEVELOPMENT_ACCOUNTS = 20;

export interface DevelopmentKey {
  readonly address: Address;
  readonly privateKey: Hex;
}

/** Account `index` of anvil's well-known mnemonic. */
export function developmentKey(index: number): DevelopmentKey {
  const account = mnemonicToAccount(MNEMONIC, { addressIndex: index });
  const { privateKey } = account.getHdKey();
  if (privateKey === null) throw new Error(`account ${index} has no private key`);
  return { address: account.address.toLowerCase() as Address, privateKey: toHex(privateKey) };
}

export const DEPLOYER = 0;
export const COUNCIL_OWNERS = [1, 2, 3, 4, 5] as const;
export const EXECUTOR = 6;
export const SETTLER = 7;
export const KEEPER_GAS = 8;
export const COURIER_GAS = 9;
export const ALICE = 10;
export const BOB = 11;
export const CAROL = 12;
export const GUARDIANS = [13, 14, 15] as const;
export const FEE_ACCOUNT = 16;
export const INSURANCE_ACCOUNT = 17;
/** May trade on margin. */
export const DAVE = 18;
