// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IEventLog} from "./IEventLog.sol";
import {IExitHatch} from "./IExitHatch.sol";
import {ISettlements} from "./ISettlements.sol";
import {IShuttles} from "./IShuttles.sol";
import {TokenListing} from "../types/Listings.sol";
import {ExitRoots, Withdrawal} from "../types/Messages.sol";
import {ExitPhase, Limit, OutflowKind, RootRecord} from "../types/VaultState.sol";

/// @title The vault of one chain
/// @notice Holds all the money of its chain. Nothing leaves without the enclave key's and the leader's signature.
///
/// What is assumed of a listed token (the council checks before it lists):
/// - `balanceOf` answers what a transfer would move, or reverts. A transfer to the vault may take a fee: what arrives
///   counts.
/// - A transfer from the vault lowers its balance by exactly the amount. Who receives less pays the difference himself.
///   A fee on top of the amount, at the sender's cost, that is switched on later would make the vault short by it.
/// - It has one address. One ledger behind two addresses would be counted twice; the council lists one of them.
/// - Balances shrink only by transfers. If one shrinks by itself (rebasing, slashing), deposits and counters stand, and
///   whoever withdraws last waits for the token to be made whole.
/// - No return value, `false` and a revert are all understood. Tokens that call back cannot re-enter. A blocklisted
///   recipient is not paid, and holds up nobody else.
interface IDepositRegistry is IEventLog, IExitHatch, ISettlements, IShuttles {
    // Entries of the log: only `index` is indexed.
    /// @notice `amount` atoms arrived for `account`; `payer` sent them.
    event Deposited(
        uint64 indexed index, address token, uint256 amount, address account, uint32 subaccount, address payer
    );
    /// @notice `amount` atoms were paid from `account` to `recipient`; the nonce is used up.
    event Withdrawn(
        uint64 indexed index, address account, address token, uint256 amount, address recipient, uint256 nonce
    );
    /// @notice The account has used up its nonce, so that a withdrawal that was signed for it is not paid.
    event WithdrawalCancelled(uint64 indexed index, address account, uint256 nonce);
    /// @notice By the council; for the keeper the same as `WithdrawalCancelled`.
    event WithdrawalRevoked(uint64 indexed index, address account, uint256 nonce);
    /// @notice What `newestRoot` and `newestTree` answer from now on.
    event ExitRootPosted(
        uint64 indexed index,
        uint64 epoch,
        uint64 checkpoint,
        uint64 issuedAt,
        bytes32 root,
        bytes32 treeRoot,
        uint64 processedIndex
    );
    /// @notice The council discarded the newest root; what is newest now was kept for that.
    event ExitRootDiscarded(
        uint64 indexed index, uint64 epoch, uint64 checkpoint, uint64 newestEpoch, uint64 newestCheckpoint
    );
    /// @notice The vault takes this token from now on, with these limits.
    event TokenListed(
        uint64 indexed index,
        address token,
        uint256 depositCap,
        Limit withdrawalLimit,
        Limit settlementLimit,
        Limit shuttleLimit,
        bool settleable
    );
    /// @notice At most `depositCap` atoms of the token are held from now on; what is held already stays.
    event DepositCapChanged(uint64 indexed index, address token, uint256 depositCap);
    /// @notice Whether the token may be sold and bought through settlements from now on.
    event SettleableChanged(uint64 indexed index, address token, bool settleable);
    /// @notice How much of the token may flow out in this way from now on; see `Limit`.
    event LimitChanged(uint64 indexed index, address token, OutflowKind kind, uint112 capacity, uint32 refillSeconds);

    /// @notice One item of `withdrawMany` was not paid; `reason` is the ABI-encoded error. A report to whoever submitted the
    /// batch and not an entry of the log: anybody can cause it for any account and nonce, with whatever signatures.
    event WithdrawalFailed(address indexed account, uint256 indexed nonce, bytes reason);

    /// @notice Only this chain's Authority may.
    error DepositRegistry_NotAuthority(address caller);
    /// @notice Only the council may.
    error DepositRegistry_NotCouncil(address caller);
    /// @notice Only the governor may.
    error DepositRegistry_NotGovernor(address caller);
    /// @notice Only the council or the governor may.
    error DepositRegistry_NotCouncilOrGovernor(address caller);
    /// @notice Only the slow governor makes a token settleable and opens routes. The council may only take it back.
    error DepositRegistry_NotSlowGovernor(address caller);
    /// @notice Only the vault itself may.
    error DepositRegistry_NotSelf(address caller);
    /// @notice There is no contract at the token's address.
    error DepositRegistry_NotAToken(address token);
    /// @notice The vault does not take this token.
    error DepositRegistry_TokenNotListed(address token);
    /// @notice A token is listed once.
    error DepositRegistry_TokenAlreadyListed(address token);
    /// @notice Above 2¹¹² − 1, or the council tried to raise it.
    error DepositRegistry_CapTooHigh(uint256 depositCap);
    /// @notice With this deposit the vault would hold more of the token than its cap.
    error DepositRegistry_CapExceeded(address token, uint256 depositCap, uint256 wouldHold);
    /// @notice A deposit for nobody.
    error DepositRegistry_ZeroAccount();
    /// @notice A deposit of which nothing arrived.
    error DepositRegistry_NothingReceived(address token);
    /// @notice A withdrawal of nothing.
    error DepositRegistry_ZeroAmount();
    /// @notice Nobody, or the vault itself.
    error DepositRegistry_BadRecipient(address recipient);
    /// @notice Above 2¹⁰⁴ − 1 atoms, or without a time to refill.
    error DepositRegistry_BadLimit(uint112 capacity, uint32 refillSeconds);
    /// @notice The council may only lower a limit.
    error DepositRegistry_LimitRaised(address token, OutflowKind kind);
    /// @notice More than the bucket of this kind of outflow lets through now. `fitsAt` is when it will, in seconds, if
    /// nothing else flows out before; 2⁶⁴ − 1 when the amount exceeds the whole bucket.
    error DepositRegistry_OverLimit(address token, OutflowKind kind, uint256 amount, uint64 fitsAt);
    /// @notice A counter of the key would exceed what its storage slot can hold: 2¹¹² − 1 atoms.
    error DepositRegistry_CounterOverflow(bytes32 key, address token);
    /// @notice The Authority of this chain is paused.
    error DepositRegistry_Paused();
    /// @notice The exit without the keeper is final: the money leaves by claims only.
    error DepositRegistry_ExitIsFinal();
    /// @notice The time for it is over.
    error DepositRegistry_Expired(uint64 deadline);
    /// @notice More than 7 days ahead.
    error DepositRegistry_DeadlineTooFar(uint64 deadline);
    /// @notice This nonce of the account was paid, cancelled or revoked before.
    error DepositRegistry_NonceUsed(address account, uint256 nonce);
    /// @notice The exit root that covers the checkpoint has not been posted here in the current epoch.
    error DepositRegistry_CheckpointNotPosted(uint64 checkpoint, uint64 newestEpoch, uint64 newestCheckpoint);
    /// @notice More than the vault holds of the token by its books, `held` atoms.
    error DepositRegistry_VaultHoldsTooLittle(address token, uint256 amount, uint256 held);
    /// @notice Not as many signatures as withdrawals.
    error DepositRegistry_LengthsDiffer();
    /// @notice Too little gas to give every item of `withdrawMany` its share.
    error DepositRegistry_TooLittleGas();
    /// @notice Signed in another epoch than the current one.
    error DepositRegistry_WrongEpoch(uint64 epoch, uint64 current);
    /// @notice The newest root of this epoch is of the same checkpoint or a later one.
    error DepositRegistry_RootNotNewer(uint64 checkpoint, uint64 newest);
    /// @notice More than one checkpoint a second.
    error DepositRegistry_CheckpointTooFar(uint64 checkpoint, uint64 furthest);
    /// @notice The root's time of signing lies ahead.
    error DepositRegistry_IssuedInTheFuture(uint64 issuedAt);
    /// @notice The root was signed before the newest one.
    error DepositRegistry_IssuedBeforeNewest(uint64 issuedAt, uint64 newest);
    /// @notice The council discarded a root at `discardedAt`; newer ones must be issued after that.
    error DepositRegistry_IssuedBeforeDiscard(uint64 issuedAt, uint64 discardedAt);
    /// @notice 72 h old: the council can discard it no more.
    error DepositRegistry_RootIsMature(uint64 postedAt);
    /// @notice The council has discarded roots since `discardingSince`, over a day ago, and none has become 72 h old yet.
    error DepositRegistry_NothingMaturedSince(uint64 discardingSince);
    /// @notice More entries than this log has.
    error DepositRegistry_ProcessedTooMuch(uint64 processedIndex, uint64 count);
    /// @notice The proof does not lead from this vault's leaf to the signed root.
    error DepositRegistry_NotInRoot(bytes32 leaf, bytes32 root);

    // Raised by libraries, declared here so that they are in the ABI.
    /// @notice The token could not be taken from the payer.
    error TransferFromFailed();
    /// @notice The token could not be sent to the recipient.
    error TransferFailed();
    /// @notice Nobody leads: no second signature can be valid.
    error Signatures_NoLeader();
    /// @notice The two signatures are not the enclave key's and the leader's, in this order. `first` and `second` signed
    /// them; 0 for a malformed or malleable one.
    error Signatures_NotBoth(address first, address second);
    /// @notice More than the field of `bits` bits holds: an amount that no token should have.
    error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value);
    /// @notice Beyond what the signed field of `bits` bits holds.
    error SafeCastOverflowedIntDowncast(uint8 bits, int256 value);
    /// @notice Above 2²⁵⁵ − 1.
    error SafeCastOverflowedUintToInt(uint256 value);

    /// @notice Takes `amount` of a listed token from the caller and credits `account` with what arrives of it.
    /// @param amount in the token's atoms
    /// @param subaccount known to the keeper only; 0 by default
    function deposit(address token, uint256 amount, address account, uint32 subaccount) external;

    /// @notice Pays one approved withdrawal. Anybody may submit it, until its deadline, once.
    function withdraw(Withdrawal calldata withdrawal, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        external;

    /// @notice Pays many. An item that fails is reported and stops no other.
    function withdrawMany(
        Withdrawal[] calldata withdrawals,
        bytes[] calldata enclaveSignatures,
        bytes[] calldata leaderSignatures
    ) external returns (bool[] memory paid);

    /// @notice One item of `withdrawMany`; the vault calls itself, so that a failure undoes this item alone.
    function withdrawItem(
        Withdrawal calldata withdrawal,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external;

    /// @notice Uses up the caller's nonce, so that a withdrawal which was approved for it can no longer be paid. Works at
    /// any time, also while paused. The keeper credits back.
    /// @param nonce of the withdrawal
    function cancelWithdrawal(uint256 nonce) external;

    /// @notice Posts the newest exit root: the heartbeat of this vault, and the gate that opens what checkpoint
    /// `roots.checkpoint` and those before it approved. Works also while paused.
    ///
    /// `roots` are signed once for all chains, in the domain of the home chain's Checkpointer. `proof` leads from
    /// `keccak256(bytes.concat(keccak256(abi.encode(block.chainid, this, treeRoot, processedIndex))))` to `roots.root`;
    /// pairs are hashed in sorted order.
    ///
    /// Roots are ordered by (epoch, checkpoint), and `issuedAt` neither falls nor lies in the future. There is at most one
    /// checkpoint a second: the checkpoint may exceed the newest root's by the seconds since that was posted, or by the
    /// seconds between the two times of signing, whichever is more. (The second, because otherwise whoever posts an older
    /// root just before a newer one could hold up the newer.)
    /// @param treeRoot root of this vault's exit tree; 0 when it has no leaf
    /// @param processedIndex number of this log's entries that the checkpoint has taken in
    function postExitRoot(
        ExitRoots calldata roots,
        bytes32 treeRoot,
        uint64 processedIndex,
        bytes32[] calldata proof,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external;

    /// @notice Council only: discards the newest root while it is younger than 72 h. An older one that was kept for this
    /// takes its place, so that nothing which the discarded root opened can be done any more. A new root must be issued
    /// later than this. The heartbeat does not fall back. A day after the first discard there is none until a root that was
    /// posted since has become 72 h old: what is left is a week old at most, and older by the longest time between roots.
    function discardRoot() external;

    /// @notice Council only: uses up an account's nonce, so that a withdrawal which was signed for it cannot be paid.
    /// @param nonce of the withdrawal
    function revokeWithdrawal(address account, uint256 nonce) external;

    /// @notice Governor only: accepts deposits of a token, until the vault accounts for `depositCap` atoms of it. The caps
    /// of all chains together must fit the ledger: below 2⁵³ ledger units of the asset. Not settleable at once.
    function listToken(TokenListing calldata listing) external;

    /// @notice The governor sets the cap of a listed token; the council may lower it at once. 0 stops deposits.
    /// @param depositCap in the token's atoms
    function changeDepositCap(address token, uint256 depositCap) external;

    /// @notice The governor sets how much of a listed token may flow out in one way; the council may lower it at once
    /// (neither more at once nor sooner again). 0 stops it. Withdrawals count net of deposits.
    /// @param kind of outflow, each of which has its own bucket
    function changeLimit(address token, OutflowKind kind, Limit calldata limit) external;

    /// @notice The slow governor allows or forbids settlements that sell or buy a listed token; the council may forbid at
    /// once. What is open goes on.
    /// @param settleable whether it may
    function changeSettleable(address token, bool settleable) external;

    /// @notice Authority only: what gates money here, each time it changes.
    /// @param signers hash of the two keys, `keccak256(abi.encode(enclave, leader))`; 0 while nobody leads
    /// @param epoch the current one
    /// @param pausedUntil when the running or the last pause ends or ended
    function setAuthority(bytes32 signers, uint64 epoch, uint40 pausedUntil) external;

    /// @notice What the keys, the roles and the pause of this chain are.
    function authority() external view returns (address);
    /// @notice EIP-712 separator of the home chain's Checkpointer, in whose domain exit roots are signed.
    function homeDomainSeparator() external view returns (bytes32);
    /// @notice Whether this nonce of the account was paid, cancelled or revoked.
    /// @param nonce of a withdrawal
    function isNonceUsed(address account, uint256 nonce) external view returns (bool);
    /// @notice What the vault holds by its books, in atoms. Tokens that were merely sent here are not in it; what claims of
    /// the final exit paid out is not deducted.
    function accounted(address token) external view returns (uint256);
    /// @notice The part of `accounted` that came in for no account (or, negative, went out): the rest is what all keys
    /// deposited less what they withdrew.
    function inventory(address token) external view returns (int256);
    /// @notice `listedAt` is the log index of the listing plus one, 0 when unlisted.
    function listing(address token) external view returns (uint256 depositCap, uint64 listedAt, bool settleable);
    /// @notice The bucket of one kind of outflow: its limit, and what of it is used now, in atoms.
    /// @param kind of outflow
    function outflow(address token, OutflowKind kind) external view returns (Limit memory limit, uint256 used);
    /// @notice What `key` ever deposited and withdrawn here, in atoms; `firstIndex` is the log index of the first of
    /// them plus one, 0 when there is none; beyond 2³² − 1 it stays there.
    /// @param key `bytes32(uint256(uint160(account)))` of an account, or a settlement's commitment
    function counters(bytes32 key, address token)
        external
        view
        returns (uint256 deposited, uint256 withdrawn, uint256 firstIndex);
    /// @notice Before the first root: epoch 0, the checkpoint number and the time of the deployment.
    function newestRoot() external view returns (uint64 epoch, uint64 checkpoint, uint64 issuedAt, uint64 postedAt);
    /// @notice This vault's exit tree under the newest root, and how many entries of this log it has taken in.
    function newestTree() external view returns (bytes32 treeRoot, uint64 processedIndex);
    /// @notice What is kept beside the newest root, for the case that the council discards it: then `maturing` is the
    /// newest if it is 72 h old by then, otherwise `matured`.
    /// @return maturing all 0 while there is none
    /// @return matured before the first root the state at the deployment, of epoch 0
    function fallbackRoots() external view returns (RootRecord memory maturing, RootRecord memory matured);
    /// @notice Time of signing of the newest exit root that was ever posted, but not before the deployment.
    function heartbeatAt() external view returns (uint64);
    /// @notice How far the exit without the keeper is.
    function exitPhase() external view returns (ExitPhase);
}
