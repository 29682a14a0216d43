// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What a vault asks the factory of cow-sheds, once
/// @dev From github.com/cowdao-grants/cow-shed; versions 1.0.1 and 2.1.0 alike.
interface ICOWShedFactory {
    /// @notice Where the shed of `user` is or will be.
    function proxyOf(address user) external view returns (address);
}
