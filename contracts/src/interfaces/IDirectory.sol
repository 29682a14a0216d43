// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IEventLog} from "./IEventLog.sol";

/// @title Chains, assets, books and roles (home chain)
interface IDirectory is IEventLog {
    event ChainListed(
        uint64 indexed index, uint64 chainId, address registry, address authority, uint8 finality, uint32 heartbeatSeconds
    );
    event AssetListed(uint64 indexed index, uint32 asset, bytes32 symbol, uint8 ledgerDecimals);
    event AssetRiskChanged(
        uint64 indexed index,
        uint32 asset,
        uint32 initAssetWeightPpm,
        uint32 initLiabilityWeightPpm,
        uint32 maintAssetWeightPpm,
        uint32 maintLiabilityWeightPpm
    );
    event AssetTokenListed(uint64 indexed index, uint32 asset, uint64 chainId, address token, uint8 decimals);
    event BookListed(uint64 indexed index, uint32 book, uint32 base, uint32 quote, uint64 lotSize, uint64 tickSize);
    event BookChanged(uint64 indexed index, uint32 book, uint32 makerFeePpm, uint32 takerFeePpm, uint8 status);
    event ExecutorChanged(uint64 indexed index, address executor);
    event SettlerChanged(uint64 indexed index, address settler, uint8 encryptionKeyPrefix, bytes32 encryptionKeyX);
    event FeeAccountChanged(uint64 indexed index, address account);
    event InsuranceAccountChanged(uint64 indexed index, address account);
}
