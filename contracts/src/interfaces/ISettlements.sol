// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SettlementIntent} from "../types/Messages.sol";
import {SettlementSetup, SettlementStatus} from "../types/Settlement.sol";

/// @title Settlement through CoW Protocol: one lane per order
/// @notice A lane is an account of its own for one CoW order: it owns the order, holds what is sold, and receives what is
/// bought, so that the proceeds of every order are exact in whatever batch. Opening takes `sellAmount` from the books of
/// the intent's commitment, closing gives back what came and what was left.
///
/// Nothing relies on a solver. Hooks may be skipped, repeated, reordered or run by anybody at any time: an unopened lane has
/// neither money nor a valid signature, and what is in a lane can go nowhere but to the order's counterparty, at the
/// order's price or better, and back to the commitment.
///
/// What is assumed of a settleable token, beyond what is assumed of a listed one (the council checks before it allows it):
/// - Transfers and balances are exact: no fee, no rebasing. `allowance` falls by what `transferFrom` moves.
/// - It is a contract of its own: not the marker address for the native coin.
interface ISettlements {
    // Entries of the log.
    /// @notice The lane of this intent holds `sellAmount` atoms of `sellToken` from now on, taken from the commitment
    /// `owner`.
    event SettlementOpened(
        uint64 indexed index,
        bytes32 nonce,
        address sellToken,
        address buyToken,
        uint256 sellAmount,
        uint256 buyAmount,
        bool buyExact,
        bool partiallyFillable,
        uint32 validTo,
        bytes32 owner,
        uint64 checkpoint
    );
    /// @notice What the lane held went to the commitment `owner`.
    /// @param returned what came back of the sell token, in atoms; more than was left unsold if somebody gave some
    /// @param bought what came of the buy token, in atoms
    /// @param complete false when a token could not be moved: it waits in the lane, and another entry of this nonce follows
    event SettlementClosed(
        uint64 indexed index,
        bytes32 nonce,
        bytes32 owner,
        address sellToken,
        uint256 returned,
        address buyToken,
        uint256 bought,
        bool complete
    );
    /// @notice By the council: this nonce is never opened.
    event SettlementRevoked(uint64 indexed index, bytes32 nonce);

    /// @notice There is no CoW Protocol on this chain.
    error Settlements_NotHere();
    /// @notice The nonce was opened or revoked before.
    error Settlements_NonceUsed(bytes32 nonce, SettlementStatus status);
    /// @notice The order can no longer be filled.
    error Settlements_Expired(uint32 validTo);
    /// @notice More than an hour ahead: a lane must not hold money for long.
    error Settlements_ValidToTooFar(uint32 validTo);
    /// @notice The slow governor has not allowed the token to be settled, or no longer does.
    error Settlements_NotSettleable(address token);
    /// @notice A token is not sold for itself.
    error Settlements_SameToken(address token);
    /// @notice Nothing is sold, or it is sold for nothing.
    error Settlements_ZeroAmount();
    /// @notice Nothing was opened with this nonce and this intent.
    error Settlements_NotOpened(bytes32 nonce, bytes32 intentHash);
    /// @notice The order can still be filled. `unsold` and `bought` are what the lane has, in atoms.
    error Settlements_StillOpen(bytes32 nonce, uint256 unsold, uint256 bought);
    /// @notice Closed before, and the lane has nothing that could be moved.
    error Settlements_NothingToSweep(bytes32 nonce);
    /// @notice The lane's order is not valid, or no longer.
    error Settlements_NotOpen(bytes32 nonce, SettlementStatus status);
    /// @notice Only the lane of the intent is answered.
    error Settlements_NotLane(address caller, address lane);
    /// @notice Only this vault's own cow-shed is answered.
    error Settlements_NotShed(address caller);
    /// @notice The intent and the appData make another order than the one that is asked about.
    error Settlements_OtherOrder(bytes32 orderDigest, bytes32 rebuilt);
    /// @notice Not as many bytes as two signatures and what comes before them.
    error Settlements_BadSignatureLength(uint256 length, uint256 expected);

    // Raised by libraries, declared here so that they are in the ABI.
    /// @notice The token refused the lane's approval.
    error ApproveFailed();
    /// @notice The lane could not be made.
    error DeploymentFailed();

    /// @notice Opens the lane of an intent and moves exactly `sellAmount` into it. Anybody may, until `validTo`, once per
    /// nonce; meant as the CoW order's pre-hook.
    function openSettlement(
        SettlementIntent calldata intent,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external;

    /// @notice Closes a lane whose order is done, and brings what is in it back to the intent's commitment. Anybody may;
    /// meant as the CoW order's post-hook. Works also while paused and in exit mode.
    ///
    /// Until `validTo` a lane can be closed when it has bought at least `buyAmount` and, unless `buyExact`, sold
    /// everything; afterwards always. Each token is moved on its own: one that cannot be moved does not hold up the
    /// other. What is in the lane after that (a token that was blocked, a late gift) is brought in by closing again.
    function closeSettlement(SettlementIntent calldata intent) external;

    /// @notice One token of `closeSettlement`; the vault calls itself, so that a failure undoes this token alone.
    /// @param owner the commitment that is credited
    function sweepLane(address lane, bytes32 owner, address token) external returns (uint256 received);

    /// @notice Council only: an unused nonce becomes useless.
    /// @param nonce of the intent
    function revokeSettlement(bytes32 nonce) external;

    /// @notice What a lane asks when it is asked for its signature. Reverts unless the caller is the open lane of the
    /// intent, the order is exactly the intent's, and both keys have signed `SettlementOrder(orderDigest)`.
    /// @param signature `abi.encode(SettlementIntent, bytes32 appData)` ‖ enclave signature ‖ leader signature
    /// @param orderDigest of the CoW order
    function checkLaneSignature(bytes32 orderDigest, bytes calldata signature) external view returns (bytes4);

    /// @notice EIP-1271, for this vault's own cow-shed and nobody else: both keys have signed `ShedHooks(hash)`.
    /// @param signature enclave signature ‖ leader signature
    /// @param hash of the hooks
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4);

    /// @notice The account that owns the CoW order of this nonce, before it is opened as well.
    /// @param nonce of the intent
    function laneOf(bytes32 nonce) external view returns (address);
    /// @notice How far the settlement with this nonce is.
    /// @param nonce of the intent
    function settlementStatus(bytes32 nonce) external view returns (SettlementStatus);
    /// @notice What settlements are tied to here, for ever.
    function settlementSetup() external view returns (SettlementSetup memory);
    /// @notice This vault's cow-shed, 0 where there are none.
    function shed() external view returns (address);
}
