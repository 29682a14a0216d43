// Shapes of what the keys signed for a chain, which anybody may carry there, and of the proofs of an exit.
import Type from 'typebox';
import {
  address,
  chainId,
  decimal,
  decimals,
  hash,
  hex,
  orNull,
  safeInteger,
  seconds,
  strict,
  symbol,
  uint,
} from './scalars.ts';

const exitRootsMessage = strict({
  epoch: safeInteger('Epoch of the leader.'),
  checkpoint: safeInteger('Number of the checkpoint.'),
  issuedAt: seconds('Signed at'),
  root: hash,
});
export const ExitRootAnswer = strict({
  chainId,
  registry: address,
  message: exitRootsMessage,
  treeRoot: hash,
  processedIndex: safeInteger("Entries of the chain's log that the root knows."),
  proof: Type.Array(hash),
  enclaveSignature: hex,
  leaderSignature: hex,
});

export const ForcedAnswersAnswer = Type.Array(
  strict({
    chainId,
    registry: address,
    message: strict({
      id: decimal('Of the request, at its vault.'),
      paid: decimal('Atoms.'),
      reason: uint(8, '0 paid, 1 no balance, 2 debt, 3 transfer fails, 4 over the limit'),
      checkpoint: safeInteger('Number of the checkpoint that carries it.'),
    }),
    enclaveSignature: hex,
    leaderSignature: hex,
  }),
);

const toTreeRoot = Type.Array(hash, { description: 'Siblings up to the tree root.' });
export const ExitProofAnswer = strict({
  address,
  roots: exitRootsMessage,
  enclaveSignature: hex,
  leaderSignature: hex,
  chains: Type.Array(
    strict({
      chainId,
      registry: address,
      treeRoot: hash,
      processedIndex: safeInteger("Entries of the vault's log that the checkpoint knew."),
      rootProof: Type.Array(hash, { description: 'Siblings from the leaf of the chain up to `roots.root`.' }),
      tokens: Type.Array(
        strict({
          token: address,
          symbol: orNull(symbol),
          decimals: orNull(decimals),
          offsetTotal: decimal('Atoms, of all keys.'),
          transitTotal: decimal('Atoms that shuttles may bring.'),
          proof: toTreeRoot,
        }),
      ),
      leaves: Type.Array(
        strict({
          token: address,
          offset: decimal('Atoms: what could be taken out + withdrawn − deposited.'),
          transit: decimal("Atoms: the account's part of what shuttles may bring."),
          salt: hash,
          proof: toTreeRoot,
        }),
      ),
    }),
  ),
});

export const ApprovalsAnswer = Type.Array(
  strict({
    chainId,
    registry: address,
    message: strict({
      account: address,
      token: address,
      amount: decimal("Atoms of the chain's token."),
      recipient: address,
      nonce: decimal('uint256'),
      checkpoint: safeInteger('Number of the checkpoint that carries it.'),
      deadline: seconds('Pays out until'),
    }),
    enclaveSignature: hex,
    leaderSignature: hex,
  }),
);

const acceptLeader = strict({ candidate: address, epoch: safeInteger('The new epoch.'), expectedTip: hash });

export const AcceptanceAnswer = strict({ chainId, authority: address, message: acceptLeader, signature: hex });

export const StandbyAnswer = strict({
  chainId,
  authority: address,
  candidate: address,
  status: Type.Enum(['proposed', 'listed', 'announced']),
  readyAt: seconds('From when on the proposal can be accepted, since 1970'),
  leader: address,
  epoch: safeInteger('The current epoch.'),
  paused: Type.Boolean(),
  silenceSeconds: seconds('How long nobody has heard the leader, without pauses'),
  staleAfterSeconds: seconds('After how much of that a takeover may be announced'),
  waitedSeconds: seconds('How long ago it was announced, without pauses; 0 when it was not'),
  step: Type.Union([
    Type.Null(),
    strict({
      type: Type.Literal('accept'),
      message: strict({ candidate: address, evidenceDigest: hash }),
      signature: hex,
    }),
    strict({ type: Type.Literal('announce') }),
    strict({
      type: Type.Literal('takeOver'),
      message: acceptLeader,
      enclaveSignature: hex,
      candidateSignature: hex,
    }),
  ]),
});
