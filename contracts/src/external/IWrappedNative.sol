// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The part of WETH9 and its kin that is used here
interface IWrappedNative {
    /// @notice Mints what was sent along to the caller.
    function deposit() external payable;
}
