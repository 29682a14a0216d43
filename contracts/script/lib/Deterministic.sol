// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CommonBase} from "forge-std/Base.sol";
import {CREATE3} from "solady/utils/CREATE3.sol";

import {DeterministicFactory} from "../../src/DeterministicFactory.sol";

/// @title Deploys where it must, and only what is not there yet
abstract contract Deterministic is CommonBase {
    error Deterministic_NoDeployer(address deployer);
    error Deterministic_NotDeployed(address expected);
    error Deterministic_WrongAddress(address deployed, address expected);

    /// @dev There from the start on anvil, and on every chain that counts.
    address internal constant DETERMINISTIC_DEPLOYER = 0x4e59b44847b379578588920cA78FbF26c0B4956C;

    /// @dev Salt 0: the address depends on the code alone.
    function _create2(bytes memory initCode) internal returns (address deployed) {
        if (DETERMINISTIC_DEPLOYER.code.length == 0) revert Deterministic_NoDeployer(DETERMINISTIC_DEPLOYER);
        deployed = vm.computeCreate2Address(0, keccak256(initCode), DETERMINISTIC_DEPLOYER);
        if (deployed.code.length != 0) return deployed;
        (bool ok,) = DETERMINISTIC_DEPLOYER.call(bytes.concat(bytes32(0), initCode));
        if (!ok || deployed.code.length == 0) revert Deterministic_NotDeployed(deployed);
    }

    function _factory() internal returns (DeterministicFactory) {
        return DeterministicFactory(_create2(type(DeterministicFactory).creationCode));
    }

    /// @dev Without a transaction: the address follows from the code of the factory.
    function _factoryAddress() internal pure returns (address) {
        return vm.computeCreate2Address(0, keccak256(type(DeterministicFactory).creationCode), DETERMINISTIC_DEPLOYER);
    }

    /// @dev Through the factory: the address depends on `deployer` (who broadcasts) and `name`.
    function _create3(address deployer, string memory name, bytes memory initCode) internal returns (address deployed) {
        deployed = _create3Address(deployer, name);
        if (deployed.code.length != 0) return deployed;
        address actual = DeterministicFactory(_factoryAddress()).deploy(_salt(name), initCode);
        if (actual != deployed) revert Deterministic_WrongAddress(actual, deployed);
    }

    /// @dev What the factory's `addressOf` says, before there is a factory.
    function _create3Address(address deployer, string memory name) internal pure returns (address) {
        bytes32 mixed = keccak256(abi.encode(deployer, _salt(name)));
        return CREATE3.predictDeterministicAddress(mixed, _factoryAddress());
    }

    function _salt(string memory name) private pure returns (bytes32) {
        return keccak256(bytes(string.concat("MyrtleWyckoff ", name)));
    }
}
