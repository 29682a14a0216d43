// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Authority} from "../../src/Authority.sol";
import {Checkpointer} from "../../src/Checkpointer.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {DepositRouter} from "../../src/DepositRouter.sol";
import {Directory} from "../../src/Directory.sol";
import {Governor, SlowGovernor} from "../../src/Governor.sol";
import {DirectoryGenesis, TokenListing} from "../../src/types/Listings.sol";
import {CouncilSafe} from "./CouncilSafe.sol";

/// @title The protocol on one chain
abstract contract Protocol is CouncilSafe {
    struct Config {
        uint256 homeChainId;
        Council council;
        address enclave;
        address[] guardians;
        address wrappedNative;
        TokenListing[] tokens;
        uint40 startCheckpoint;
        uint64 checkpointRing;
        uint64 leaderDelay;
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
        _factory();
        _create3(deployer, "Timelock", _governorCode(config));
        _create3(deployer, "SlowTimelock", _slowGovernorCode(config));
        _create3(deployer, "DepositRegistry", _registryCode(config, contracts));
        _create3(deployer, "Authority", _authorityCode(config, contracts));
        _create3(
            deployer,
            "DepositRouter",
            bytes.concat(type(DepositRouter).creationCode, abi.encode(contracts.registry, config.wrappedNative))
        );
        if (block.chainid != config.homeChainId) {
            (contracts.checkpointer, contracts.directory) = (address(0), address(0));
        }
    }

    /// @dev Home chain only, after `_deployProtocol`.
    function _deployHome(address deployer, Config memory config, DirectoryGenesis memory genesis) internal {
        address authority = _addresses(deployer).authority;
        bytes memory arguments = abi.encode(authority, config.checkpointRing);
        _create3(deployer, "Checkpointer", bytes.concat(type(Checkpointer).creationCode, arguments));
        _create3(deployer, "Directory", bytes.concat(type(Directory).creationCode, abi.encode(authority, genesis)));
    }

    function _governorCode(Config memory config) private pure returns (bytes memory) {
        return bytes.concat(type(Governor).creationCode, abi.encode(config.timelockDelay, config.council.safe));
    }

    function _slowGovernorCode(Config memory config) private pure returns (bytes memory) {
        return bytes.concat(type(SlowGovernor).creationCode, abi.encode(config.slowTimelockDelay, config.council.safe));
    }

    function _registryCode(Config memory config, Contracts memory contracts) private pure returns (bytes memory) {
        return bytes.concat(
            type(DepositRegistry).creationCode,
            abi.encode(
                contracts.authority, config.homeChainId, contracts.checkpointer, config.startCheckpoint, config.tokens
            )
        );
    }

    function _authorityCode(Config memory config, Contracts memory contracts) private pure returns (bytes memory) {
        return bytes.concat(
            type(Authority).creationCode,
            abi.encode(
                config.council.safe,
                contracts.timelock,
                contracts.slowTimelock,
                contracts.registry,
                config.enclave,
                config.guardians,
                config.leaderDelay
            )
        );
    }
}
