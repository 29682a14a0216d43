// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {
    AssetListing,
    AssetTokenListing,
    BookListing,
    ChainListing,
    DirectoryGenesis,
    RiskWeights,
    Settler,
    TokenListing
} from "../../src/types/Listings.sol";
import {AsConfigured} from "./AsConfigured.sol";

/// @title Reads a chain's configuration; contracts/script/config/example.json shows every field
abstract contract ConfigFile is AsConfigured {
    struct AssetEntry {
        uint32 asset;
        string symbol;
        uint8 ledgerDecimals;
        RiskWeights risk;
    }

    struct ChainEntry {
        uint64 chainId;
        uint8 finality;
        uint32 heartbeatSeconds;
    }

    error ConfigFile_SymbolTooLong(string symbol);

    string private constant TOKEN =
        "TokenListing(address token,uint256 depositCap,Limit withdrawalLimit,Limit settlementLimit,Limit shuttleLimit)Limit(uint112 capacity,uint32 refillSeconds)";
    string private constant CHAIN = "ChainEntry(uint64 chainId,uint8 finality,uint32 heartbeatSeconds)";
    string private constant ASSET =
        "AssetEntry(uint32 asset,string symbol,uint8 ledgerDecimals,RiskWeights risk)RiskWeights(uint32 initAssetWeightPpm,uint32 initLiabilityWeightPpm,uint32 maintAssetWeightPpm,uint32 maintLiabilityWeightPpm)";
    string private constant ASSET_TOKEN = "AssetTokenListing(uint32 asset,uint64 chainId,address token,uint8 decimals)";
    string private constant BOOK =
        "BookListing(uint32 book,uint32 base,uint32 quote,uint64 lotSize,uint64 tickSize,BookTerms terms)BookTerms(uint32 makerFeePpm,uint32 takerFeePpm,uint8 status)";
    string private constant SETTLER = "Settler(address signer,uint8 encryptionKeyPrefix,bytes32 encryptionKeyX)";

    function _readConfig(string memory json) internal pure returns (Config memory config) {
        config.homeChainId = vm.parseJsonUint(json, ".homeChainId");
        config.council = _readCouncil(json);
        config.enclave = vm.parseJsonAddress(json, ".enclave");
        config.guardians = vm.parseJsonAddressArray(json, ".guardians");
        config.wrappedNative = vm.parseJsonAddress(json, ".wrappedNative");
        config.tokens = abi.decode(vm.parseJsonTypeArray(json, ".tokens", TOKEN), (TokenListing[]));
        config.startCheckpoint = SafeCast.toUint40(vm.parseJsonUint(json, ".startCheckpoint"));
        config.checkpointRing = SafeCast.toUint64(vm.parseJsonUint(json, ".checkpointRing"));
        config.leaderDelay = SafeCast.toUint64(vm.parseJsonUint(json, ".leaderDelaySeconds"));
        config.timelockDelay = vm.parseJsonUint(json, ".timelockDelaySeconds");
        config.slowTimelockDelay = vm.parseJsonUint(json, ".slowTimelockDelaySeconds");
    }

    function _readCouncil(string memory json) private pure returns (Council memory) {
        return Council({
            safe: vm.parseJsonAddress(json, ".council.safe"),
            owners: vm.parseJsonAddressArray(json, ".council.owners"),
            threshold: vm.parseJsonUint(json, ".council.threshold"),
            saltNonce: vm.parseJsonUint(json, ".council.saltNonce"),
            singleton: vm.parseJsonAddress(json, ".council.singleton"),
            singletonCodehash: vm.parseJsonBytes32(json, ".council.singletonCodehash"),
            proxyFactory: vm.parseJsonAddress(json, ".council.proxyFactory"),
            proxyFactoryCodehash: vm.parseJsonBytes32(json, ".council.proxyFactoryCodehash"),
            proxyCodehash: vm.parseJsonBytes32(json, ".council.proxyCodehash"),
            fallbackHandler: vm.parseJsonAddress(json, ".council.fallbackHandler"),
            fallbackHandlerCodehash: vm.parseJsonBytes32(json, ".council.fallbackHandlerCodehash")
        });
    }

    /// @dev Vault and authority have the same address on every chain.
    function _readGenesis(string memory json, Contracts memory contracts)
        internal
        pure
        returns (DirectoryGenesis memory genesis)
    {
        genesis.chains = _readChains(json, contracts);
        genesis.assets = _readAssets(json);
        genesis.tokens = _readAssetTokens(json);
        genesis.books = abi.decode(vm.parseJsonTypeArray(json, ".directory.books", BOOK), (BookListing[]));
        genesis.executor = vm.parseJsonAddress(json, ".directory.executor");
        genesis.settler = abi.decode(vm.parseJsonType(json, ".directory.settler", SETTLER), (Settler));
        genesis.feeAccount = vm.parseJsonAddress(json, ".directory.feeAccount");
        genesis.insuranceAccount = vm.parseJsonAddress(json, ".directory.insuranceAccount");
    }

    function _readAssetTokens(string memory json) private pure returns (AssetTokenListing[] memory) {
        return abi.decode(vm.parseJsonTypeArray(json, ".directory.tokens", ASSET_TOKEN), (AssetTokenListing[]));
    }

    function _readChains(string memory json, Contracts memory contracts)
        private
        pure
        returns (ChainListing[] memory chains)
    {
        ChainEntry[] memory entries =
            abi.decode(vm.parseJsonTypeArray(json, ".directory.chains", CHAIN), (ChainEntry[]));
        chains = new ChainListing[](entries.length);
        for (uint256 i = 0; i < entries.length; i++) {
            chains[i] = ChainListing({
                chainId: entries[i].chainId,
                registry: contracts.registry,
                authority: contracts.authority,
                finality: entries[i].finality,
                heartbeatSeconds: entries[i].heartbeatSeconds
            });
        }
    }

    function _readAssets(string memory json) private pure returns (AssetListing[] memory assets) {
        AssetEntry[] memory entries =
            abi.decode(vm.parseJsonTypeArray(json, ".directory.assets", ASSET), (AssetEntry[]));
        assets = new AssetListing[](entries.length);
        for (uint256 i = 0; i < entries.length; i++) {
            AssetEntry memory entry = entries[i];
            if (bytes(entry.symbol).length > 32) revert ConfigFile_SymbolTooLong(entry.symbol);
            assets[i] = AssetListing(entry.asset, bytes32(bytes(entry.symbol)), entry.ledgerDecimals, entry.risk);
        }
    }
}
