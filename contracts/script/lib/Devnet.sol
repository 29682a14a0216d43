// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    AccountCredit,
    AssetListing,
    AssetRisk,
    AssetTokenListing,
    BookListing,
    BookTerms,
    ChainListing,
    CreditTier,
    DirectoryGenesis,
    Settler,
    TokenListing
} from "../../src/types/Listings.sol";
import {Limit} from "../../src/types/VaultState.sol";
import {DevnetToken} from "../../test/support/DevnetToken.sol";
import {DevnetWeth} from "../../test/support/DevnetWeth.sol";
import {AsConfigured} from "./AsConfigured.sol";
import {SafeDeployment} from "./SafeDeployment.sol";

/// @title Two development chains: who is who, what is listed, and how it gets there
/// @dev Keys are the well-known ones of anvil: worthless anywhere else.
abstract contract Devnet is AsConfigured, SafeDeployment {
    string internal constant MNEMONIC = "test test test test test test test test test test test junk";
    uint64 internal constant HOME = 31337;
    uint64 internal constant SECOND = 31338;

    // Indices of the mnemonic's accounts. 8 and 9 pay the keeper's and the courier's gas, 10 to 12 are users, and so is 18, who
    // may trade on margin.
    uint32 internal constant DEPLOYER = 0;
    uint32 internal constant FIRST_OWNER = 1;
    uint32 internal constant OWNERS = 5;
    uint256 internal constant THRESHOLD = 3;
    uint32 internal constant EXECUTOR = 6;
    uint32 internal constant SETTLER = 7;
    uint32 internal constant FIRST_GUARDIAN = 13;
    uint32 internal constant GUARDIANS = 3;
    uint32 internal constant FEE_ACCOUNT = 16;
    uint32 internal constant INSURANCE_ACCOUNT = 17;
    uint32 internal constant MARGIN_TRADER = 18;

    uint32 internal constant WETH = 1;
    uint32 internal constant USDC = 2;
    uint32 internal constant MEME = 3;

    uint64 private constant LEADER_DELAY = 0;
    /// @dev Three heartbeats.
    uint64 private constant STALE_AFTER = 3 minutes;
    uint256 private constant TIMELOCK_DELAY = 5 seconds;
    uint256 private constant SLOW_TIMELOCK_DELAY = 10 seconds;
    uint256 private constant FORCED_FEE = 0.001 ether;
    uint32 private constant REFILL_SECONDS = 1 days;
    uint32 private constant HEARTBEAT_SECONDS = 60;
    uint8 private constant TIER = 1;
    /// @dev 100 000 US dollars.
    uint64 private constant DEBT_LIMIT = 100_000e6;
    /// @dev A million US dollars.
    uint64 private constant SCALE_START = 1_000_000e6;
    /// @dev Snapshots roll over four checkpoints.
    uint64 private constant CHECKPOINT_RING = 8;

    struct Tokens {
        address weth;
        address usdc;
        address meme;
    }

    struct Deployed {
        SafeContracts safe;
        address council;
        Contracts contracts;
        Tokens tokens;
    }

    function _deployDevnet(address enclave) internal returns (Deployed memory deployed) {
        address deployer = _account(DEPLOYER);
        deployed.safe = _deploySafeContracts();
        deployed.council = _deploySafe(deployed.safe, _accounts(FIRST_OWNER, OWNERS), THRESHOLD);
        _factory();
        deployed.tokens = _deployTokens(deployer);
        Config memory config = _config(deployed, enclave);
        DirectoryGenesis memory genesis = _genesis(deployer);
        deployed.contracts = _deployProtocol(deployer, config);
        if (block.chainid == HOME) _deployHome(deployer, config, genesis);

        _requireDecimals(genesis.tokens);
        _requireAsConfigured(deployer, config);
        if (block.chainid == HOME) _requireHomeAsConfigured(deployer, config, genesis);
    }

    /// @dev Addresses differ per chain, so that nobody can get away with mixing them up.
    function _tokenAddresses(address deployer, uint256 chainId) internal pure returns (Tokens memory) {
        return Tokens({
            weth: _create3Address(deployer, _tokenName("WETH", chainId)),
            usdc: _create3Address(deployer, _tokenName("USDC", chainId)),
            meme: _create3Address(deployer, _tokenName("MEME", chainId))
        });
    }

    function _account(uint32 index) internal pure returns (address) {
        return vm.addr(_key(index));
    }

    function _key(uint32 index) internal pure returns (uint256) {
        return vm.deriveKey(MNEMONIC, index);
    }

    function _accounts(uint32 first, uint32 number) internal pure returns (address[] memory accounts) {
        accounts = new address[](number);
        for (uint32 i = 0; i < number; i++) {
            accounts[i] = _account(first + i);
        }
    }

    function _memeDecimals(uint256 chainId) internal pure returns (uint8) {
        return chainId == HOME ? 18 : 9;
    }

    function _deployTokens(address deployer) private returns (Tokens memory tokens) {
        tokens.weth = _create3(deployer, _tokenName("WETH", block.chainid), type(DevnetWeth).creationCode);
        tokens.usdc = _deployToken(deployer, "USD Coin", "USDC", 6);
        tokens.meme = _deployToken(deployer, "Meme Coin", "MEME", _memeDecimals(block.chainid));
    }

    function _deployToken(address deployer, string memory name, string memory symbol, uint8 decimals)
        private
        returns (address)
    {
        bytes memory code = bytes.concat(type(DevnetToken).creationCode, abi.encode(name, symbol, decimals));
        return _create3(deployer, _tokenName(symbol, block.chainid), code);
    }

    function _tokenName(string memory symbol, uint256 chainId) private pure returns (string memory) {
        return string.concat(symbol, " on ", vm.toString(chainId));
    }

    function _config(Deployed memory deployed, address enclave) private view returns (Config memory) {
        return Config({
            homeChainId: HOME,
            council: _councilOf(deployed.safe, _accounts(FIRST_OWNER, OWNERS), THRESHOLD),
            enclave: enclave,
            guardians: _accounts(FIRST_GUARDIAN, GUARDIANS),
            others: _others(deployed.tokens),
            tokens: _listings(deployed.tokens),
            forcedFee: FORCED_FEE,
            startCheckpoint: 0,
            checkpointRing: CHECKPOINT_RING,
            leaderDelay: LEADER_DELAY,
            staleAfter: STALE_AFTER,
            timelockDelay: TIMELOCK_DELAY,
            slowTimelockDelay: SLOW_TIMELOCK_DELAY
        });
    }

    /// @dev Neither CoW nor Across, and no Permit2.
    function _others(Tokens memory tokens) private pure returns (Others memory others) {
        others.permit2 = _permit2Address();
        others.wrappedNative = tokens.weth;
    }

    /// @dev Both chains and what may be owed together stay below 2⁵³ ledger units: 9.007 million WETH, 9.007 billion USDC or MEME.
    function _listings(Tokens memory tokens) private view returns (TokenListing[] memory listings) {
        listings = new TokenListing[](3);
        listings[0] = _listing(tokens.weth, 4_000_000e18);
        listings[1] = _listing(tokens.usdc, 4_000_000_000e6);
        listings[2] = _listing(tokens.meme, uint112(4_000_000_000 * 10 ** _memeDecimals(block.chainid)));
    }

    /// @dev A quarter of the cap may leave in a day, in each way.
    function _listing(address token, uint112 depositCap) internal pure returns (TokenListing memory) {
        Limit memory limit = Limit(depositCap / 4, REFILL_SECONDS);
        return TokenListing(token, depositCap, limit, limit, limit, true);
    }

    function _genesis(address deployer) private returns (DirectoryGenesis memory genesis) {
        Contracts memory contracts = _addresses(deployer);
        genesis.chains = new ChainListing[](2);
        genesis.chains[0] = ChainListing(HOME, contracts.registry, contracts.authority, 0, HEARTBEAT_SECONDS);
        genesis.chains[1] = ChainListing(SECOND, contracts.registry, contracts.authority, 0, HEARTBEAT_SECONDS);
        genesis.assets = _assets();
        genesis.tokens = _assetTokens(deployer);
        genesis.books = _books();
        genesis.creditTiers = new CreditTier[](1);
        genesis.creditTiers[0] = CreditTier(TIER, DEBT_LIMIT);
        genesis.credits = new AccountCredit[](1);
        genesis.credits[0] = AccountCredit(_account(MARGIN_TRADER), 0, TIER);
        genesis.executor = _account(EXECUTOR);
        genesis.settler = _settler();
        genesis.feeAccount = _account(FEE_ACCOUNT);
        genesis.insuranceAccount = _account(INSURANCE_ACCOUNT);
    }

    function _assets() private pure returns (AssetListing[] memory assets) {
        assets = new AssetListing[](3);
        assets[0] = AssetListing(WETH, "WETH", 9, _risk(200_000, 100_000, 25_000, 1_000e9));
        assets[1] = AssetListing(USDC, "USDC", 6, _risk(0, 0, 0, 1_000_000e6));
        assets[2] = AssetListing(MEME, "MEME", 6, _risk(500_000, 400_000, 50_000, 100_000e6));
    }

    /// @param initPpm how far the weights of init health are from 1, either way
    /// @param maintPpm the same of maint health
    function _risk(uint32 initPpm, uint32 maintPpm, uint32 feePpm, uint64 borrowCap)
        private
        pure
        returns (AssetRisk memory)
    {
        return AssetRisk({
            initAssetWeightPpm: 1_000_000 - initPpm,
            initLiabilityWeightPpm: 1_000_000 + initPpm,
            maintAssetWeightPpm: 1_000_000 - maintPpm,
            maintLiabilityWeightPpm: 1_000_000 + maintPpm,
            liquidationFeePpm: feePpm,
            depositScaleStart: SCALE_START,
            borrowScaleStart: SCALE_START,
            borrowCap: borrowCap
        });
    }

    function _assetTokens(address deployer) private pure returns (AssetTokenListing[] memory listings) {
        listings = new AssetTokenListing[](6);
        uint64[2] memory chainIds = [HOME, SECOND];
        for (uint256 i = 0; i < 2; i++) {
            Tokens memory tokens = _tokenAddresses(deployer, chainIds[i]);
            listings[3 * i] = AssetTokenListing(WETH, chainIds[i], tokens.weth, 18);
            listings[3 * i + 1] = AssetTokenListing(USDC, chainIds[i], tokens.usdc, 6);
            listings[3 * i + 2] = AssetTokenListing(MEME, chainIds[i], tokens.meme, _memeDecimals(chainIds[i]));
        }
    }

    /// @dev WETH/USDC: lots of 0.001 WETH, ticks of 0.01 USDC per WETH. MEME/USDC: lots of 1 MEME, ticks of 0.000001 USDC.
    function _books() private pure returns (BookListing[] memory books) {
        books = new BookListing[](2);
        BookTerms memory terms = BookTerms({makerFeePpm: 100, takerFeePpm: 500, status: 0});
        books[0] = BookListing({book: 1, base: WETH, quote: USDC, lotSize: 1_000_000, tickSize: 10, terms: terms});
        books[1] = BookListing({book: 2, base: MEME, quote: USDC, lotSize: 1_000_000, tickSize: 1, terms: terms});
    }

    /// @dev The settler's encryption key is its signing key, for simplicity.
    function _settler() private returns (Settler memory) {
        uint256 key = _key(SETTLER);
        uint256 y = vm.createWallet(key).publicKeyY;
        return Settler(vm.addr(key), uint8(2 + (y & 1)), bytes32(vm.createWallet(key).publicKeyX));
    }
}
