// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Ways into the vault that need a helping hand
/// @notice Keeps nothing: no funds, no state, no rights. The vault's log names it as the payer.
interface IDepositRouter {
    // Raised by a library, declared here so that it is in the ABI. The vault's errors come through as they are: decode them
    // with the vault's ABI.
    error ApproveFailed();

    /// @notice Wraps the native coin that is sent along and deposits it for `account`. It is paid out wrapped, too.
    function depositNative(address account, uint32 subaccount) external payable;

    function registry() external view returns (address);
    function wrappedNative() external view returns (address);
}
