// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Limit} from "./VaultState.sol";

// What constructors list at genesis, and what the governor lists later.

/// @notice A token that a vault accepts. `depositCap` bounds what the vault may hold of it, in the token's atoms; the
/// limits bound how fast it may leave in each way. `settleable` tokens may be sold and bought through CoW Protocol.
/// @param depositCap in atoms
/// @param withdrawalLimit of payments, net of deposits
/// @param settlementLimit of what is sold, gross
/// @param shuttleLimit of what is sent to other chains, gross
struct TokenListing {
    address token;
    uint256 depositCap;
    Limit withdrawalLimit;
    Limit settlementLimit;
    Limit shuttleLimit;
    bool settleable;
}

/// @notice What a token becomes on another chain. The fee, in millionths of what goes in, is the most that a shuttle may
/// cost. Without an output token there is no route.
/// @param inputDecimals of the token here
/// @param outputDecimals of the token there
/// @param maxFeePpm in millionths of the input
struct ShuttleRoute {
    address outputToken;
    uint8 inputDecimals;
    uint8 outputDecimals;
    uint32 maxFeePpm;
}

/// @notice A chain with a vault. `finality`: 0 = wait for `finalized`, 1 = wait for `safe`.
/// @param registry the chain's vault
/// @param authority the chain's Authority
/// @param heartbeatSeconds how often a root is posted there
struct ChainListing {
    uint64 chainId;
    address registry;
    address authority;
    uint8 finality;
    uint32 heartbeatSeconds;
}

/// @notice What an asset counts for in the health of margin accounts, and how much of it they may owe. Weights and fee are in
/// millionths, with `initAsset ≤ maintAsset ≤ 1 ≤ maintLiability ≤ initLiability`. A liquidation never makes things worse:
/// `(1 + fee) · initAsset ≤ 1` and `1 + fee ≤ initLiability`. Amounts are below 2⁵³.
/// @param liquidationFeePpm what whoever takes a position over earns at this asset, in millionths
/// @param depositScaleStart from this value of what margin accounts hold on, it counts for less; in 10⁻⁶ US dollars
/// @param borrowScaleStart from this value of what they owe on, it counts for more; in 10⁻⁶ US dollars
/// @param borrowCap what all of them together may owe, in ledger units
struct AssetRisk {
    uint32 initAssetWeightPpm;
    uint32 initLiabilityWeightPpm;
    uint32 maintAssetWeightPpm;
    uint32 maintLiabilityWeightPpm;
    uint32 liquidationFeePpm;
    uint64 depositScaleStart;
    uint64 borrowScaleStart;
    uint64 borrowCap;
}

/// @notice An asset of the exchange's ledger. `symbol` is ASCII, left-aligned and zero-padded.
/// @param asset id, above all before
/// @param ledgerDecimals of one ledger unit, at most 18
struct AssetListing {
    uint32 asset;
    bytes32 symbol;
    uint8 ledgerDecimals;
    AssetRisk risk;
}

/// @notice The token that is asset `asset` on chain `chainId`.
/// @param decimals the token's own, at most 18
struct AssetTokenListing {
    uint32 asset;
    uint64 chainId;
    address token;
    uint8 decimals;
}

/// @notice `lotSize` = base units per lot, `tickSize` = quote units per (lot × tick).
/// @param book id, above all before
/// @param base asset
/// @param quote asset
struct BookListing {
    uint32 book;
    uint32 base;
    uint32 quote;
    uint64 lotSize;
    uint64 tickSize;
    BookTerms terms;
}

/// @notice What may change in a book's life. `status`: 0 open, 1 post-only, 2 cancel-only, 3 closed.
/// @param makerFeePpm in millionths of the notional
/// @param takerFeePpm in millionths of the notional
struct BookTerms {
    uint32 makerFeePpm;
    uint32 takerFeePpm;
    uint8 status;
}

/// @notice Who countersigns settlements, and the compressed secp256k1 key that settlement orders are encrypted to.
/// @param encryptionKeyPrefix 2 or 3, the parity of y
/// @param encryptionKeyX x of the point
struct Settler {
    address signer;
    uint8 encryptionKeyPrefix;
    bytes32 encryptionKeyX;
}

/// @notice How much a margin account of a tier may owe.
/// @param tier 1 to 254
/// @param debtLimit value of all that one account owes, in 10⁻⁶ US dollars, below 2⁵³
struct CreditTier {
    uint8 tier;
    uint64 debtLimit;
}

/// @notice An account of the exchange's ledger that may owe something.
/// @param account its address
/// @param subaccount its number, 0 by default
/// @param tier its credit; 0 is none
struct AccountCredit {
    address account;
    uint32 subaccount;
    uint8 tier;
}

/// @notice What the Directory holds from the start.
struct DirectoryGenesis {
    ChainListing[] chains;
    AssetListing[] assets;
    AssetTokenListing[] tokens;
    BookListing[] books;
    CreditTier[] creditTiers;
    AccountCredit[] credits;
    address executor;
    Settler settler;
    address feeAccount;
    address insuranceAccount;
}

/// @notice What the Authority of one chain starts from. `checkpointer` is 0 away from the home chain; `registry` and it may
/// be deployed later. Guardians are armed. Delays are seconds; see `IAuthority`.
/// @param leaderDelay seconds from a proposal to its acceptance
/// @param staleAfter seconds of silence before a standby may announce
struct AuthorityGenesis {
    address council;
    address governor;
    address slowGovernor;
    address registry;
    address checkpointer;
    address enclave;
    address[] guardians;
    uint64 leaderDelay;
    uint64 staleAfter;
}
