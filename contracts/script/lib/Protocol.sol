// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {Authority} from "../../src/Authority.sol";
import {Checkpointer} from "../../src/Checkpointer.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {DepositRouter} from "../../src/DepositRouter.sol";
import {Directory} from "../../src/Directory.sol";
import {DirectoryGenesis, TokenListing} from "../../src/types/Listings.sol";
import {ISafe} from "../external/ISafe.sol";
import {Deterministic} from "./Deterministic.sol";

/// @title The protocol on one chain
abstract contract Protocol is Deterministic {
    /// @notice The Safe that must stand on this chain. A Safe's address can be taken on a new chain by replaying its first
    /// transaction: then its *original* owners rule it, whatever was changed since elsewhere.
    struct Council {
        address safe;
        address[] owners;
        uint256 threshold;
        address singleton;
        bytes32 singletonCodehash;
    }

    struct Config {
        uint256 homeChainId;
        Council council;
        address enclave;
        address[] guardians;
        address wrappedNative;
        TokenListing[] tokens;
        uint48 startCheckpoint;
        uint64 leaderDelay;
        uint64 enclaveDelay;
        uint256 timelockDelay;
    }

    /// @notice `checkpointer` and `directory` stand on the home chain only.
    struct Contracts {
        address factory;
        address timelock;
        address authority;
        address registry;
        address router;
        address checkpointer;
        address directory;
    }

    error Protocol_NotASafe(address safe);
    error Protocol_WrongThreshold(uint256 threshold, uint256 expected);
    error Protocol_WrongOwners(address[] owners);
    error Protocol_WrongSingleton(address singleton, bytes32 codehash);
    error Protocol_SafeHasModules(address module);
    error Protocol_SafeHasGuard(address guard);
    error Protocol_TimelockTooShort(uint256 delay, uint256 minimum);

    uint256 private constant MIN_TIMELOCK_DELAY = 72 hours;
    /// @dev keccak256("guard_manager.guard.address"), from Safe's documentation.
    bytes32 private constant SAFE_GUARD_SLOT = 0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8;
    address private constant SAFE_SENTINEL = address(1);

    /// @dev Where everything will stand, the same on every chain, before anything does.
    function _addresses(address deployer) internal pure returns (Contracts memory contracts) {
        contracts.factory = _factoryAddress();
        contracts.timelock = _create3Address(deployer, "Timelock");
        contracts.authority = _create3Address(deployer, "Authority");
        contracts.registry = _create3Address(deployer, "DepositRegistry");
        contracts.router = _create3Address(deployer, "DepositRouter");
        contracts.checkpointer = _create3Address(deployer, "Checkpointer");
        contracts.directory = _create3Address(deployer, "Directory");
    }

    /// @dev What stands already is left alone, so a broken run can be repeated.
    function _deployProtocol(address deployer, Config memory config) internal returns (Contracts memory contracts) {
        _requireCouncil(config.council);
        if (!_isDevnet() && config.timelockDelay < MIN_TIMELOCK_DELAY) {
            revert Protocol_TimelockTooShort(config.timelockDelay, MIN_TIMELOCK_DELAY);
        }
        _factory();
        contracts = _addresses(deployer);
        _create3(deployer, "Timelock", _timelockCode(config));
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
    function _deployHome(address deployer, DirectoryGenesis memory genesis) internal {
        address authority = _addresses(deployer).authority;
        _create3(deployer, "Checkpointer", bytes.concat(type(Checkpointer).creationCode, abi.encode(authority)));
        _create3(deployer, "Directory", bytes.concat(type(Directory).creationCode, abi.encode(authority, genesis)));
    }

    function _requireCouncil(Council memory council) internal {
        ISafe safe = ISafe(council.safe);
        if (council.safe.code.length == 0) revert Protocol_NotASafe(council.safe);
        address singleton = address(uint160(uint256(vm.load(council.safe, 0))));
        if (singleton != council.singleton || singleton.codehash != council.singletonCodehash) {
            revert Protocol_WrongSingleton(singleton, singleton.codehash);
        }
        if (safe.getThreshold() != council.threshold) {
            revert Protocol_WrongThreshold(safe.getThreshold(), council.threshold);
        }
        address[] memory owners = safe.getOwners();
        if (keccak256(abi.encode(_sorted(owners))) != keccak256(abi.encode(_sorted(council.owners)))) {
            revert Protocol_WrongOwners(owners);
        }
        (address[] memory modules,) = safe.getModulesPaginated(SAFE_SENTINEL, 1);
        if (modules.length != 0) revert Protocol_SafeHasModules(modules[0]);
        address guard = address(uint160(uint256(vm.load(council.safe, SAFE_GUARD_SLOT))));
        if (guard != address(0)) revert Protocol_SafeHasGuard(guard);
    }

    /// @dev The council proposes, executes and cancels; nobody administers.
    function _timelockCode(Config memory config) private pure returns (bytes memory) {
        address[] memory council = new address[](1);
        council[0] = config.council.safe;
        return bytes.concat(
            type(TimelockController).creationCode, abi.encode(config.timelockDelay, council, council, address(0))
        );
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
                contracts.registry,
                config.enclave,
                config.guardians,
                config.leaderDelay,
                config.enclaveDelay
            )
        );
    }

    function _isDevnet() private view returns (bool) {
        return block.chainid == 31337 || block.chainid == 31338;
    }

    function _sorted(address[] memory list) private returns (uint256[] memory numbers) {
        numbers = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; i++) {
            numbers[i] = uint256(uint160(list[i]));
        }
        return vm.sort(numbers);
    }
}
