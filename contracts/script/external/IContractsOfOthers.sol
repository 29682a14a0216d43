// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// What the script asks other people's contracts besides what a vault asks them, to know that they are what the
// configuration takes them for.

/// @dev From docs.across.to and the ABI in @across-protocol/contracts.
interface IAcrossPool {
    function wrappedNativeToken() external view returns (address);
    function chainId() external view returns (uint256);
}

/// @dev From github.com/cowdao-grants/cow-shed.
interface IShedImplementation {
    function implementation() external view returns (address);
}
