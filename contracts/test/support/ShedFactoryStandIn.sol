// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Stand-in for cow-shed's factory, as far as the deploy script and a vault's constructor ask it
/// @dev Not the deployed contract, and it deploys no sheds: for dry runs of the deployment only.
contract ShedFactoryStandIn {
    address public immutable implementation;

    constructor(address implementation_) {
        implementation = implementation_;
    }

    /// @notice One address per user, as the real one has, but others.
    function proxyOf(address user) external view returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(address(this), user)))));
    }
}
