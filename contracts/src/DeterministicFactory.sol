// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CREATE3} from "solady/utils/CREATE3.sol";

/// @title Deploys at an address that depends on the deployer and a salt alone
/// @notice CREATE3 with the caller mixed into the salt: the same address on every chain whatever the constructor's
/// arguments, and nobody else can take it there first. Itself deployed by the deterministic deployer
/// 0x4e59b44847b379578588920cA78FbF26c0B4956C, so it has one address everywhere, too.
contract DeterministicFactory {
    event Deployed(address indexed deployer, bytes32 indexed salt, address deployed);

    /// @notice Raised when the salt was used before, or the constructor reverted.
    error DeploymentFailed();

    function deploy(bytes32 salt, bytes calldata initCode) external returns (address deployed) {
        deployed = CREATE3.deployDeterministic(initCode, _mix(msg.sender, salt));
        emit Deployed(msg.sender, salt, deployed);
    }

    function addressOf(address deployer, bytes32 salt) external view returns (address) {
        return CREATE3.predictDeterministicAddress(_mix(deployer, salt));
    }

    function _mix(address deployer, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(deployer, salt));
    }
}
