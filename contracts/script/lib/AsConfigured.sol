// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {Authority} from "../../src/Authority.sol";
import {Checkpointer} from "../../src/Checkpointer.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {DepositRouter} from "../../src/DepositRouter.sol";
import {Directory} from "../../src/Directory.sol";
import {Governor} from "../../src/Governor.sol";
import {ICOWShedFactory} from "../../src/external/ICOWShedFactory.sol";
import {TypedMessages} from "../../src/libraries/TypedMessages.sol";
import {AccountCredit, AssetTokenListing, DirectoryGenesis, Settler, TokenListing} from "../../src/types/Listings.sol";
import {Limit, OutflowKind} from "../../src/types/VaultState.sol";
import {Protocol} from "./Protocol.sol";

/// @title Compares what stands with the configuration
/// @dev What stood before is left alone; without this a run with a corrected configuration would report success and leave
/// the wrong contracts. Once governor and council have changed something, the configuration must follow, or it is refused.
abstract contract AsConfigured is Protocol {
    error AsConfigured_Differs(string what);
    error AsConfigured_WrongDecimals(address token, uint8 decimals, uint8 listed);

    function _requireAsConfigured(address deployer, Config memory config) internal view {
        Contracts memory contracts = _addresses(deployer);
        _requireAuthority(Authority(contracts.authority), contracts, config);
        _requireGovernor(Governor(payable(contracts.timelock)), config, config.timelockDelay);
        _requireGovernor(Governor(payable(contracts.slowTimelock)), config, config.slowTimelockDelay);
        _requireRegistry(DepositRegistry(contracts.registry), contracts, config);
        address checkpointer = block.chainid == config.homeChainId ? contracts.checkpointer : address(0);
        _requireSame(address(Authority(contracts.authority).checkpointer()) == checkpointer, "checkpointer");
        DepositRouter router = DepositRouter(contracts.router);
        _requireSame(router.registry() == contracts.registry, "registry of the router");
        _requireSame(router.wrappedNative() == config.others.wrappedNative, "wrappedNative");
        _requireSame(router.permit2() == config.others.permit2, "permit2");
    }

    /// @dev Home chain only.
    function _requireHomeAsConfigured(address deployer, Config memory config, DirectoryGenesis memory genesis)
        internal
        view
    {
        Contracts memory contracts = _addresses(deployer);
        Directory directory = Directory(contracts.directory);
        _requireSame(directory.authority() == contracts.authority, "authority of the directory");
        Checkpointer checkpointer = Checkpointer(contracts.checkpointer);
        _requireSame(checkpointer.authority() == contracts.authority, "authority of the checkpointer");
        _requireSame(checkpointer.ringSize() == config.checkpointRing, "checkpointRing");
        for (uint256 i = 0; i < genesis.chains.length; i++) {
            _requireSame(directory.isChainListed(genesis.chains[i].chainId), "directory.chains");
        }
        for (uint256 i = 0; i < genesis.tokens.length; i++) {
            AssetTokenListing memory listing = genesis.tokens[i];
            _requireSame(directory.tokenOf(listing.asset, listing.chainId) == listing.token, "directory.tokens");
        }
        _requireCredit(directory, genesis);
        _requireSame(directory.executor() == genesis.executor, "directory.executor");
        (address signer, uint8 prefix, bytes32 x) = directory.settler();
        bytes memory settler = abi.encode(Settler(signer, prefix, x));
        _requireSame(keccak256(settler) == keccak256(abi.encode(genesis.settler)), "directory.settler");
        _requireSame(directory.feeAccount() == genesis.feeAccount, "directory.feeAccount");
        _requireSame(directory.insuranceAccount() == genesis.insuranceAccount, "directory.insuranceAccount");
    }

    function _requireCredit(Directory directory, DirectoryGenesis memory genesis) private view {
        for (uint256 i = 0; i < genesis.creditTiers.length; i++) {
            uint64 debtLimit = directory.debtLimitOf(genesis.creditTiers[i].tier);
            _requireSame(debtLimit == genesis.creditTiers[i].debtLimit, "directory.creditTiers");
        }
        for (uint256 i = 0; i < genesis.credits.length; i++) {
            AccountCredit memory credit = genesis.credits[i];
            uint8 tier = directory.creditTierOf(credit.account, credit.subaccount);
            _requireSame(tier == credit.tier, "directory.credits");
        }
    }

    /// @dev Of the tokens of this chain: the Directory cannot look, and a wrong number can never be corrected.
    function _requireDecimals(AssetTokenListing[] memory tokens) internal view {
        for (uint256 i = 0; i < tokens.length; i++) {
            if (tokens[i].chainId != block.chainid) continue;
            uint8 decimals = IERC20Metadata(tokens[i].token).decimals();
            if (decimals != tokens[i].decimals) {
                revert AsConfigured_WrongDecimals(tokens[i].token, decimals, tokens[i].decimals);
            }
        }
    }

    function _requireAuthority(Authority authority, Contracts memory contracts, Config memory config) private view {
        _requireSame(authority.council() == config.council.safe, "council");
        _requireSame(authority.governor() == contracts.timelock, "governor");
        _requireSame(authority.slowGovernor() == contracts.slowTimelock, "slow governor");
        _requireSame(address(authority.registry()) == contracts.registry, "registry");
        _requireSame(authority.enclave() == config.enclave, "enclave");
        _requireSame(authority.leaderDelay() == config.leaderDelay, "leaderDelaySeconds");
        _requireSame(authority.staleAfter() == config.staleAfter, "staleAfterSeconds");
        for (uint256 i = 0; i < config.guardians.length; i++) {
            (bool listed,) = authority.guardian(config.guardians[i]);
            _requireSame(listed, "guardians");
        }
    }

    function _requireGovernor(Governor governor, Config memory config, uint256 delay) private view {
        _requireSame(governor.getMinDelay() == delay, "delay of a timelock");
        _requireSame(governor.hasRole(governor.PROPOSER_ROLE(), config.council.safe), "proposer of the timelock");
    }

    function _requireRegistry(DepositRegistry registry, Contracts memory contracts, Config memory config) private view {
        _requireSame(registry.authority() == contracts.authority, "authority");
        bytes32 home =
            TypedMessages.domainSeparator(TypedMessages.CHECKPOINTER_NAME, config.homeChainId, contracts.checkpointer);
        _requireSame(registry.homeDomainSeparator() == home, "homeChainId");
        _requireSame(registry.spokePool() == config.others.spokePool, "spokePool");
        _requireSame(registry.forcedFee() == config.forcedFee, "forcedFee");
        for (uint256 i = 0; i < config.tokens.length; i++) {
            _requireListing(registry, config.tokens[i]);
        }
        _requireCow(registry, config.others.cow);
        (uint64 epoch, uint64 checkpoint,,) = registry.newestRoot();
        _requireSame(epoch != 0 || checkpoint == config.startCheckpoint, "startCheckpoint");
    }

    function _requireCow(DepositRegistry registry, Cow memory cow) private view {
        _requireSame(registry.settlementSetup().relayer == cow.vaultRelayer, "cow.vaultRelayer");
        address shed =
            cow.shedFactory == address(0) ? address(0) : ICOWShedFactory(cow.shedFactory).proxyOf(address(registry));
        _requireSame(registry.shed() == shed, "cow.shedFactory");
    }

    function _requireListing(DepositRegistry registry, TokenListing memory expected) private view {
        (uint256 depositCap, uint64 listedAt, bool settleable) = registry.listing(expected.token);
        _requireSame(listedAt != 0 && depositCap == expected.depositCap, "tokens");
        _requireSame(settleable == expected.settleable, "settleable tokens");
        _requireLimit(registry, expected.token, OutflowKind.Withdrawal, expected.withdrawalLimit);
        _requireLimit(registry, expected.token, OutflowKind.Settlement, expected.settlementLimit);
        _requireLimit(registry, expected.token, OutflowKind.Shuttle, expected.shuttleLimit);
    }

    function _requireLimit(DepositRegistry registry, address token, OutflowKind kind, Limit memory expected)
        private
        view
    {
        (Limit memory limit,) = registry.outflow(token, kind);
        _requireSame(keccak256(abi.encode(limit)) == keccak256(abi.encode(expected)), "limits of a token");
    }

    function _requireSame(bool same, string memory what) private pure {
        if (!same) revert AsConfigured_Differs(what);
    }
}
