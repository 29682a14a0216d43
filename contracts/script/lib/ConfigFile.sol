// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {
    AccountCredit,
    AssetListing,
    AssetRisk,
    AssetTokenListing,
    BookListing,
    ChainListing,
    CreditTier,
    DirectoryGenesis,
    Settler,
    TokenListing
} from "../../src/types/Listings.sol";
import {Limit} from "../../src/types/VaultState.sol";
import {AsConfigured} from "./AsConfigured.sol";

/// @title Reads the configuration: what all chains share, and each chain's own facts
/// @dev Every deployment reads the files of all chains: the Directory and the shuttle routes follow from them.
abstract contract ConfigFile is AsConfigured {
    /// @notice The texts of shared.json and of the files that it names.
    struct ConfigTexts {
        string shared;
        string[] chains;
    }

    struct AssetEntry {
        uint32 asset;
        string symbol;
        uint8 ledgerDecimals;
        AssetRisk risk;
    }

    struct TokenEntry {
        uint32 asset;
        address token;
        uint8 decimals;
        uint256 depositCap;
        Limit withdrawalLimit;
        Limit settlementLimit;
        Limit shuttleLimit;
        bool settleable;
        uint32 maxShuttleFeePpm;
    }

    error ConfigFile_SymbolTooLong(string symbol);
    error ConfigFile_NoSuchChain(uint256 chainId);
    /// @notice Something is left for the operators to decide: it stands in angle brackets.
    error ConfigFile_Undecided(string what);
    /// @notice Everybody knows the private key.
    error ConfigFile_DevelopmentKey(address account);

    string private constant TOKEN =
        "TokenEntry(uint32 asset,address token,uint8 decimals,uint256 depositCap,Limit withdrawalLimit,Limit settlementLimit,Limit shuttleLimit,bool settleable,uint32 maxShuttleFeePpm)Limit(uint112 capacity,uint32 refillSeconds)";
    string private constant ASSET =
        "AssetEntry(uint32 asset,string symbol,uint8 ledgerDecimals,AssetRisk risk)AssetRisk(uint32 initAssetWeightPpm,uint32 initLiabilityWeightPpm,uint32 maintAssetWeightPpm,uint32 maintLiabilityWeightPpm,uint32 liquidationFeePpm,uint64 depositScaleStart,uint64 borrowScaleStart,uint64 borrowCap)";
    string private constant BOOK =
        "BookListing(uint32 book,uint32 base,uint32 quote,uint64 lotSize,uint64 tickSize,BookTerms terms)BookTerms(uint32 makerFeePpm,uint32 takerFeePpm,uint8 status)";
    string private constant CREDIT_TIER = "CreditTier(uint8 tier,uint64 debtLimit)";
    string private constant ACCOUNT_CREDIT = "AccountCredit(address account,uint32 subaccount,uint8 tier)";
    string private constant SETTLER = "Settler(address signer,uint8 encryptionKeyPrefix,bytes32 encryptionKeyX)";
    string private constant COW =
        "Cow(address settlement,address vaultRelayer,address shedFactory,address shedImplementation)";
    string private constant DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";
    uint32 private constant DEVELOPMENT_KEYS = 20;

    function _readTexts(string memory folder) internal view returns (ConfigTexts memory texts) {
        texts.shared = vm.readFile(string.concat(folder, "/shared.json"));
        string[] memory names = vm.parseJsonStringArray(texts.shared, ".chains");
        texts.chains = new string[](names.length);
        for (uint256 i = 0; i < names.length; i++) {
            texts.chains[i] = vm.readFile(string.concat(folder, "/", names[i], ".json"));
        }
    }

    /// @dev Of the chain that the script runs on.
    function _readConfig(ConfigTexts memory texts) internal view returns (Config memory config) {
        string memory json = texts.shared;
        config.homeChainId = vm.parseJsonUint(json, ".homeChainId");
        config.council = _readCouncil(json);
        config.enclave = vm.parseJsonAddress(json, ".enclave");
        config.guardians = vm.parseJsonAddressArray(json, ".guardians");
        config.others.permit2 = vm.parseJsonAddress(json, ".permit2");
        config.checkpointRing = SafeCast.toUint64(vm.parseJsonUint(json, ".checkpointRing"));
        config.leaderDelay = SafeCast.toUint64(vm.parseJsonUint(json, ".leaderDelaySeconds"));
        config.timelockDelay = vm.parseJsonUint(json, ".timelockDelaySeconds");
        config.slowTimelockDelay = vm.parseJsonUint(json, ".slowTimelockDelaySeconds");

        json = _chainHere(texts);
        config.others.wrappedNative = vm.parseJsonAddress(json, ".wrappedNative");
        config.others.spokePool = vm.parseJsonAddress(json, ".spokePool");
        config.others.cow = abi.decode(vm.parseJsonType(json, ".cow", COW), (Cow));
        config.staleAfter = SafeCast.toUint64(vm.parseJsonUint(json, ".staleAfterSeconds"));
        config.tokens = _readListings(json);
        config.forcedFee = vm.parseJsonUint(json, ".forcedFee");
        config.startCheckpoint = SafeCast.toUint40(vm.parseJsonUint(json, ".startCheckpoint"));
    }

    /// @dev Vault and authority have the same address on every chain.
    function _readGenesis(ConfigTexts memory texts, Contracts memory contracts)
        internal
        pure
        returns (DirectoryGenesis memory genesis)
    {
        string memory json = texts.shared;
        genesis.chains = _readChains(texts, contracts);
        genesis.assets = _readAssets(json);
        genesis.tokens = _readAssetTokens(texts);
        genesis.books = abi.decode(vm.parseJsonTypeArray(json, ".directory.books", BOOK), (BookListing[]));
        genesis.creditTiers =
            abi.decode(vm.parseJsonTypeArray(json, ".directory.creditTiers", CREDIT_TIER), (CreditTier[]));
        genesis.credits =
            abi.decode(vm.parseJsonTypeArray(json, ".directory.credits", ACCOUNT_CREDIT), (AccountCredit[]));
        genesis.executor = vm.parseJsonAddress(json, ".directory.executor");
        genesis.settler = abi.decode(vm.parseJsonType(json, ".directory.settler", SETTLER), (Settler));
        genesis.feeAccount = vm.parseJsonAddress(json, ".directory.feeAccount");
        genesis.insuranceAccount = vm.parseJsonAddress(json, ".directory.insuranceAccount");
    }

    /// @dev Whoever may do anything must not be one of the accounts that every development chain funds.
    function _requireOwnKeys(address deployer, Config memory config, DirectoryGenesis memory genesis) internal pure {
        for (uint32 i = 0; i < DEVELOPMENT_KEYS; i++) {
            address known = vm.addr(vm.deriveKey(DEVELOPMENT_MNEMONIC, i));
            bool isUsed = deployer == known || config.enclave == known || _contains(config.council.owners, known)
                || _contains(config.guardians, known) || genesis.executor == known || genesis.settler.signer == known
                || genesis.feeAccount == known || genesis.insuranceAccount == known
                || _hasCredit(genesis.credits, known);
            if (isUsed) revert ConfigFile_DevelopmentKey(known);
        }
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

    function _readListings(string memory chain) private pure returns (TokenListing[] memory listings) {
        TokenEntry[] memory entries = _readTokens(chain);
        listings = new TokenListing[](entries.length);
        for (uint256 i = 0; i < entries.length; i++) {
            TokenEntry memory entry = entries[i];
            listings[i] = TokenListing({
                token: entry.token,
                depositCap: entry.depositCap,
                withdrawalLimit: entry.withdrawalLimit,
                settlementLimit: entry.settlementLimit,
                shuttleLimit: entry.shuttleLimit,
                settleable: entry.settleable
            });
        }
    }

    function _readChains(ConfigTexts memory texts, Contracts memory contracts)
        private
        pure
        returns (ChainListing[] memory chains)
    {
        chains = new ChainListing[](texts.chains.length);
        for (uint256 i = 0; i < chains.length; i++) {
            string memory json = texts.chains[i];
            chains[i] = ChainListing({
                chainId: SafeCast.toUint64(vm.parseJsonUint(json, ".chainId")),
                registry: contracts.registry,
                authority: contracts.authority,
                finality: SafeCast.toUint8(vm.parseJsonUint(json, ".finality")),
                heartbeatSeconds: SafeCast.toUint32(vm.parseJsonUint(json, ".heartbeatSeconds"))
            });
        }
    }

    function _readAssetTokens(ConfigTexts memory texts) private pure returns (AssetTokenListing[] memory listings) {
        uint256 length = 0;
        for (uint256 i = 0; i < texts.chains.length; i++) {
            length += _readTokens(texts.chains[i]).length;
        }
        listings = new AssetTokenListing[](length);
        for (uint256 i = texts.chains.length; i > 0; i--) {
            TokenEntry[] memory tokens = _readTokens(texts.chains[i - 1]);
            uint64 chainId = SafeCast.toUint64(vm.parseJsonUint(texts.chains[i - 1], ".chainId"));
            for (uint256 j = tokens.length; j > 0; j--) {
                TokenEntry memory entry = tokens[j - 1];
                listings[--length] = AssetTokenListing(entry.asset, chainId, entry.token, entry.decimals);
            }
        }
    }

    function _readTokens(string memory chain) private pure returns (TokenEntry[] memory) {
        return abi.decode(vm.parseJsonTypeArray(chain, ".tokens", TOKEN), (TokenEntry[]));
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

    function _chainHere(ConfigTexts memory texts) private view returns (string memory) {
        for (uint256 i = 0; i < texts.chains.length; i++) {
            if (vm.parseJsonUint(texts.chains[i], ".chainId") == block.chainid) return texts.chains[i];
        }
        revert ConfigFile_NoSuchChain(block.chainid);
    }

    function _requireDecided(ConfigTexts memory texts) internal pure {
        _requireDecided(texts.shared);
        for (uint256 i = 0; i < texts.chains.length; i++) {
            _requireDecided(texts.chains[i]);
        }
    }

    function _requireDecided(string memory json) private pure {
        string[] memory parts = vm.split(json, '"<');
        if (parts.length > 1) revert ConfigFile_Undecided(vm.split(parts[1], '>"')[0]);
    }

    function _hasCredit(AccountCredit[] memory credits, address account) private pure returns (bool) {
        for (uint256 i = 0; i < credits.length; i++) {
            if (credits[i].account == account) return true;
        }
        return false;
    }

    function _contains(address[] memory list, address account) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; i++) {
            if (list[i] == account) return true;
        }
        return false;
    }
}
