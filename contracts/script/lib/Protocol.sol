// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Authority} from "../../src/Authority.sol";
import {Checkpointer} from "../../src/Checkpointer.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {DepositRouter} from "../../src/DepositRouter.sol";
import {Directory} from "../../src/Directory.sol";
import {Governor, SlowGovernor} from "../../src/Governor.sol";
import {ExitHatch} from "../../src/registry/ExitHatch.sol";
import {ExitRootPosts} from "../../src/registry/ExitRootPosts.sol";
import {Listings} from "../../src/registry/Listings.sol";
import {Settlements} from "../../src/registry/Settlements.sol";
import {Shuttles} from "../../src/registry/Shuttles.sol";
import {AuthorityGenesis, DirectoryGenesis, TokenListing} from "../../src/types/Listings.sol";
import {CowContracts} from "../../src/types/Settlement.sol";
import {ContractsOfOthers} from "./ContractsOfOthers.sol";
import {CouncilSafe} from "./CouncilSafe.sol";

/// @title The protocol on one chain
abstract contract Protocol is CouncilSafe, ContractsOfOthers {
    struct Config {
        uint256 homeChainId;
        Council council;
        address enclave;
        address[] guardians;
        Others others;
        TokenListing[] tokens;
        uint256 forcedFee;
        uint40 startCheckpoint;
        uint64 checkpointRing;
        uint64 leaderDelay;
        uint64 staleAfter;
        uint256 timelockDelay;
        uint256 slowTimelockDelay;
    }

    /// @notice `checkpointer` and `directory` stand on the home chain only.
    struct Contracts {
        address factory;
        address timelock;
        address slowTimelock;
        address authority;
        address registry;
        address router;
        address checkpointer;
        address directory;
    }

    /// @notice How a contract came to be: what an explorer asks for before it shows the source.
    /// @param source file and name, as in `contracts/src/Authority.sol:Authority`
    /// @param arguments of the constructor, ABI-encoded
    struct Code {
        string source;
        address at;
        bytes arguments;
    }

    /// @dev Of this chain, in the order of their deployment.
    Code[] internal _codes;

    /// @dev Where everything will stand, the same on every chain, before anything does.
    function _addresses(address deployer) internal pure returns (Contracts memory contracts) {
        contracts.factory = _factoryAddress();
        contracts.timelock = _create3Address(deployer, "Timelock");
        contracts.slowTimelock = _create3Address(deployer, "SlowTimelock");
        contracts.authority = _create3Address(deployer, "Authority");
        contracts.registry = _create3Address(deployer, "DepositRegistry");
        contracts.router = _create3Address(deployer, "DepositRouter");
        contracts.checkpointer = _create3Address(deployer, "Checkpointer");
        contracts.directory = _create3Address(deployer, "Directory");
    }

    /// @dev What stands already is left alone, so a broken run can be repeated.
    function _deployProtocol(address deployer, Config memory config) internal returns (Contracts memory contracts) {
        contracts = _addresses(deployer);
        _requireCouncil(config.council, contracts.authority.code.length == 0);
        delete _codes;
        _codes.push(Code("contracts/src/DeterministicFactory.sol:DeterministicFactory", address(_factory()), ""));
        _deployGovernors(deployer, config);
        _deployVault(deployer, config, contracts);
        if (block.chainid != config.homeChainId) {
            (contracts.checkpointer, contracts.directory) = (address(0), address(0));
        }
    }

    /// @dev Home chain only, after `_deployProtocol`.
    function _deployHome(address deployer, Config memory config, DirectoryGenesis memory genesis) internal {
        address authority = _addresses(deployer).authority;
        _place(
            deployer,
            "Checkpointer",
            "contracts/src/Checkpointer.sol:Checkpointer",
            type(Checkpointer).creationCode,
            abi.encode(authority, config.checkpointRing)
        );
        _place(
            deployer,
            "Directory",
            "contracts/src/Directory.sol:Directory",
            type(Directory).creationCode,
            abi.encode(authority, genesis)
        );
    }

    function _deployGovernors(address deployer, Config memory config) private {
        _place(
            deployer,
            "Timelock",
            "contracts/src/Governor.sol:Governor",
            type(Governor).creationCode,
            abi.encode(config.timelockDelay, config.council.safe)
        );
        _place(
            deployer,
            "SlowTimelock",
            "contracts/src/Governor.sol:SlowGovernor",
            type(SlowGovernor).creationCode,
            abi.encode(config.slowTimelockDelay, config.council.safe)
        );
    }

    function _deployVault(address deployer, Config memory config, Contracts memory contracts) private {
        _recordLibraries();
        _place(
            deployer,
            "DepositRegistry",
            "contracts/src/DepositRegistry.sol:DepositRegistry",
            type(DepositRegistry).creationCode,
            _registryArguments(config, contracts)
        );
        address lane = DepositRegistry(contracts.registry).settlementSetup().laneImplementation;
        _codes.push(Code("contracts/src/SettlementLane.sol:SettlementLane", lane, ""));
        _place(
            deployer,
            "Authority",
            "contracts/src/Authority.sol:Authority",
            type(Authority).creationCode,
            _authorityArguments(config, contracts)
        );
        _place(
            deployer,
            "DepositRouter",
            "contracts/src/DepositRouter.sol:DepositRouter",
            type(DepositRouter).creationCode,
            abi.encode(contracts.registry, config.others.wrappedNative)
        );
    }

    /// @dev forge deploys them before the script runs: through the deterministic deployer, so that their addresses commit to
    /// their code and are the same on every chain.
    function _recordLibraries() private {
        _codes.push(Code("contracts/src/registry/ExitHatch.sol:ExitHatch", address(ExitHatch), ""));
        _codes.push(Code("contracts/src/registry/ExitRootPosts.sol:ExitRootPosts", address(ExitRootPosts), ""));
        _codes.push(Code("contracts/src/registry/Listings.sol:Listings", address(Listings), ""));
        _codes.push(Code("contracts/src/registry/Settlements.sol:Settlements", address(Settlements), ""));
        _codes.push(Code("contracts/src/registry/Shuttles.sol:Shuttles", address(Shuttles), ""));
    }

    function _registryArguments(Config memory config, Contracts memory contracts) private pure returns (bytes memory) {
        return abi.encode(
            contracts.authority,
            config.homeChainId,
            contracts.checkpointer,
            config.startCheckpoint,
            config.tokens,
            CowContracts(config.others.cow.settlement, config.others.cow.shedFactory),
            config.others.spokePool,
            config.forcedFee
        );
    }

    function _authorityArguments(Config memory config, Contracts memory contracts) private view returns (bytes memory) {
        return abi.encode(
            AuthorityGenesis({
                council: config.council.safe,
                governor: contracts.timelock,
                slowGovernor: contracts.slowTimelock,
                registry: contracts.registry,
                checkpointer: block.chainid == config.homeChainId ? contracts.checkpointer : address(0),
                enclave: config.enclave,
                guardians: config.guardians,
                leaderDelay: config.leaderDelay,
                staleAfter: config.staleAfter
            })
        );
    }

    /// @param name its address follows from it and from `deployer`
    function _place(
        address deployer,
        string memory name,
        string memory source,
        bytes memory creationCode,
        bytes memory arguments
    ) private {
        address at = _create3(deployer, name, bytes.concat(creationCode, arguments));
        _codes.push(Code(source, at, arguments));
    }
}
