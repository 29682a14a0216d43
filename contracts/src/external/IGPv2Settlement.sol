// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What a vault asks CoW Protocol's settlement contract, once
/// @dev From docs.cow.fi/cow-protocol/reference/contracts/core.
interface IGPv2Settlement {
    /// @notice EIP-712 separator (`Gnosis Protocol`, `v2`) in which orders are signed.
    function domainSeparator() external view returns (bytes32);

    /// @notice Who pulls the sell amounts, and so who must be approved.
    function vaultRelayer() external view returns (address);
}
