// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPermit2} from "../external/IPermit2.sol";

/// @title Ways into the vault that need a helping hand
/// @notice Keeps nothing: no funds, no state, no rights. The vault's log names it as the payer.
///
/// It moves the caller's tokens, or those of an owner whose signature names the account that is credited, and nobody
/// else's: what somebody has approved to it serves only deposits that he sends himself. `depositWithPermit` is sent and
/// paid for by the owner; `depositWithPermit2` may be sent by anybody, and whoever sends it first changes nothing.
///
/// What arrives here is what is passed on. A token that takes a fee takes it twice on this way; `deposit` of the vault
/// costs it once.
interface IDepositRouter {
    /// @notice There is no contract at the token's address.
    error DepositRouter_NotAToken(address token);
    /// @notice The token did not accept the permit, and what the caller approved before is less than the amount.
    error DepositRouter_PermitRefused(address token, uint256 allowance, uint256 amount);
    /// @notice A deposit of which nothing arrived.
    error DepositRouter_NothingReceived(address token);

    // Raised by a library, declared here so that they are in the ABI. The errors of the vault, of Permit2 and of the wrapped
    // coin come through as they are: decode them with their ABIs.
    /// @notice The token refused the router's approval of the vault.
    error ApproveFailed();
    /// @notice The token could not be taken from its owner.
    error TransferFromFailed();

    /// @notice Wraps the native coin that is sent along and deposits it for `account`. It is paid out wrapped, too.
    /// @param subaccount known to the keeper only; 0 by default
    function depositNative(address account, uint32 subaccount) external payable;

    /// @notice Deposits the caller's tokens by his EIP-2612 permit for this router and exactly `amount`. If the permit was
    /// used by somebody else before, or the token knows no permits, a standing approval serves as well.
    /// @param amount in the token's atoms
    /// @param deadline of the permit, seconds since 1970
    /// @param subaccount known to the keeper only; 0 by default
    /// @param v of the permit's signature
    /// @param r of the permit's signature
    /// @param s of the permit's signature
    function depositWithPermit(
        address token,
        uint256 amount,
        address account,
        uint32 subaccount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Deposits tokens that `owner` has approved to Permit2, all that the signature permits, for the account that it
    /// names. Anybody may send it.
    /// @param signature of `owner` over `PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256
    /// nonce,uint256 deadline,Deposit witness)Deposit(address account,uint32 subaccount)TokenPermissions(address
    /// token,uint256 amount)` in the domain of Permit2, with this router as spender
    /// @param subaccount known to the keeper only; 0 by default
    function depositWithPermit2(
        address owner,
        IPermit2.PermitTransferFrom calldata permit,
        address account,
        uint32 subaccount,
        bytes calldata signature
    ) external;

    /// @notice The vault into which everything goes.
    function registry() external view returns (address);
    /// @notice The token that native coin is wrapped into.
    function wrappedNative() external view returns (address);
    /// @notice Permit2, which has one address on every chain.
    function permit2() external view returns (address);
}
