// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ExitClaim, ExitPaid, ExitReason, ExitTotals, ForcedReason, ForcedRequest} from "../types/Exit.sol";
import {ForcedAnswer} from "../types/Messages.sol";

/// @title The way out when the keeper does not sign
/// @notice *One account*: `requestForcedWithdrawal` must be answered within 7 days, or anybody may enter exit mode for it.
///
/// *Everybody*: Running → `enterExitMode…` → Closing, 48 h in which everything still works, newer roots are accepted, and
/// what was missing cures → `finalizeExit` → Final, for ever. From then on nothing leaves but claims against the newest
/// root, and nothing comes in but what was on its way. Times in which the vault is paused do not count.
///
/// What a claim pays, for each key (an account, or a settlement's commitment) and token:
/// - `E = max(0, offset + deposited − withdrawn)`, with `offset` from the key's leaf. A key without a leaf has offset 0,
///   and may claim when its first movement is later than what the root has taken in.
/// - `owed` = the same sum over all keys, not below 0, with `offset` from the token's leaf. A token without a leaf has
///   offset 0, if it was listed later than what the root has taken in.
/// - `G` = what the vault holds + what claims paid out before.
/// - First `E · min(1, G / owed)`, rounded down. Then, of what is more than `owed`, what shuttles brought: `transit · min(1,
///   (G − owed) / transitTotal)`, rounded down. Both less what was paid before: nothing is fixed by the first claim, and
///   what comes later (a closed settlement, an arrival, a refund) can be claimed by claiming again.
///
/// Who claims when makes no difference while no key took more than it had, which the keeper sees to. What a thief of both
/// keys overdrew is missing for whoever claims last.
///
/// Nodes of the exit tree are hashes of sorted pairs. Its leaves are `keccak256(bytes.concat(keccak256(abi.encode(…))))` of
/// - `EXIT_LEAF_TYPEHASH, block.chainid, this, checkpoint, key, token, offset, transit, salt`, and
/// - `TOKEN_LEAF_TYPEHASH, block.chainid, this, checkpoint, token, offset, transit`.
interface IExitHatch {
    // Entries of the log.
    /// @notice An account wants `amount` of `token` out, which the keeper must answer as request `id`.
    event ForcedRequested(
        uint64 indexed index, uint256 id, address account, address token, uint256 amount, address recipient
    );
    /// @notice `paid` was paid out for the account; `open` waits for a further answer, and is 0 when the request is closed.
    event ForcedAnswered(
        uint64 indexed index,
        uint256 id,
        address account,
        address token,
        uint256 paid,
        address recipient,
        ForcedReason reason,
        uint256 open
    );
    /// @notice The 48 h begin. `requestId` is of the request that was not answered, otherwise 0.
    event ExitModeEntered(uint64 indexed index, ExitReason reason, uint256 requestId);
    /// @notice The keeper is back: what was entered for has ended.
    event ExitModeCured(uint64 indexed index);
    /// @notice Only claims against this root pay from now on.
    event ExitModeFinal(uint64 indexed index, uint64 checkpoint, bytes32 treeRoot, uint64 processedIndex);

    // Reports, which the keeper need not know.
    /// @notice The token's leaf of the root in force was proved.
    event TotalsProved(address token, int256 offset, uint256 transit);
    /// @notice A claim paid `share` of the holdings and `transit` of what shuttles brought to `recipient`.
    event Claimed(
        bytes32 indexed key, address indexed token, address indexed recipient, uint256 share, uint256 transit
    );

    /// @notice A request costs exactly this much of the native coin.
    error ExitHatch_WrongFee(uint256 sent, uint256 fee);
    /// @notice There is no such request, or it is closed.
    error ExitHatch_RequestNotOpen(uint256 id);
    /// @notice `reason` is not one of `ForcedReason`.
    error ExitHatch_UnknownReason(uint8 reason);
    /// @notice The answer is not of a later checkpoint than the one before: it was used already.
    error ExitHatch_AlreadyAnswered(uint256 id, uint64 checkpoint, uint64 answeredBy);
    /// @notice Paid is all, refused is nothing, and over the limit is a part: at least `least` atoms.
    error ExitHatch_WrongPayment(uint256 id, ForcedReason reason, uint256 paid, uint256 open, uint256 least);
    /// @notice Exit mode was entered already.
    error ExitHatch_NotRunning();
    /// @notice Exit mode was not entered, or is final.
    error ExitHatch_NotClosing();
    /// @notice Exit mode is not final.
    error ExitHatch_NotFinal();
    /// @notice The newest root, or the request, was waited for from `since` for `waited` seconds without a pause: too short.
    error ExitHatch_NotLongEnough(uint64 since, uint64 waited, uint64 needed);
    /// @notice The 48 h are over: no further root is accepted.
    error ExitHatch_ClosingIsOver(uint64 enteredAt);
    /// @notice The council may still discard the newest root, until `maturesAt`.
    error ExitHatch_RootIsYoung(uint64 maturesAt);
    /// @notice The proof does not lead from the leaf to the root in force.
    error ExitHatch_NotInTree(bytes32 leaf, bytes32 treeRoot);
    /// @notice The key moved before what the root has taken in, or never: it needs a leaf.
    error ExitHatch_LeafNeeded(bytes32 key, address token);
    /// @notice The token was listed before what the root has taken in: `proveTotals` comes first.
    error ExitHatch_TotalsNeeded(address token);
    /// @notice Once is enough.
    error ExitHatch_TotalsAreProved(address token);
    /// @notice Only the account itself may name another recipient.
    error ExitHatch_NotAccount(address caller, address account);
    /// @notice There is nothing (more) to pay, now.
    error ExitHatch_NothingDue(bytes32 key, address token);

    // Raised by a library, declared here so that it is in the ABI.
    /// @notice The native coin could not be sent.
    error ETHTransferFailed();

    /// @notice Asks for `amount` of what the caller has in the exchange, to be paid here. Costs `forcedFee` of the native
    /// coin, which goes to whoever carries the answer.
    /// @param amount in the token's atoms
    /// @return id of the request; it starts at 1
    function requestForcedWithdrawal(address token, uint256 amount, address recipient)
        external
        payable
        returns (uint256 id);

    /// @notice Answers a request with both signatures, once the checkpoint's root is posted; anybody may submit it. What is
    /// paid comes from the requester's account, within the limit of withdrawals. Over the limit at least a quarter of the
    /// limit's capacity and a sixteenth of what is open is paid, and the rest of the request waits 7 days anew: a limit too
    /// low for that leaves the request unanswered. Who submits the last answer gets the fee.
    function answerForced(ForcedAnswer calldata answer, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        external;

    /// @notice When the heartbeat is 7 days old.
    function enterExitMode() external;

    /// @notice When request `id`, or what is open of it, was not answered for 7 days.
    function enterExitModeFor(uint256 id) external;

    /// @notice Governor only, at any time.
    function enterExitModeByGovernor() external;

    /// @notice Ends the 48 h when they are over and the newest root is 72 h old, so that no root is in force which the
    /// council had no time to discard. Anybody may.
    function finalizeExit() external;

    /// @notice The fee of a request that the final exit left unanswered goes back to its account.
    /// @param id of the request
    function returnForcedFee(uint256 id) external;

    /// @notice Proves a token's leaf, once, before its first claim. Not needed for a token without a leaf.
    /// @param offset of all keys together, as in the leaf
    /// @param transit what shuttles may bring, as in the leaf
    /// @param proof from the leaf to the tree's root
    function proveTotals(address token, int256 offset, uint256 transit, bytes32[] calldata proof) external;

    /// @notice Pays what an account can take out and has not been paid. Anybody may; only the account itself may name
    /// another recipient. Works again when there is more.
    /// @return share what was paid of the holdings
    /// @return transit what was paid of what shuttles brought
    function claim(ExitClaim calldata claim_) external returns (uint256 share, uint256 transit);

    /// @notice The same for what belongs to a settlement: the key is the commitment `keccak256(abi.encode(account, subaccount,
    /// commitmentSalt))`.
    /// @param subaccount that settled
    /// @param commitmentSalt which the keeper told the account
    /// @return share what was paid of the holdings
    /// @return transit what was paid of what shuttles brought
    function claimCommitment(ExitClaim calldata claim_, uint32 subaccount, bytes32 commitmentSalt)
        external
        returns (uint256 share, uint256 transit);

    /// @notice What a forced withdrawal costs, in the native coin's atoms.
    function forcedFee() external view returns (uint256);
    /// @notice All 0 when the request is closed or was never made.
    /// @param id of the request
    function forcedRequest(uint256 id) external view returns (ForcedRequest memory);
    /// @notice Of the last entry into exit mode; `exitPhase` tells whether it still holds.
    function exitEntry() external view returns (uint64 enteredAt, ExitReason reason, uint256 requestId);
    /// @notice What `proveTotals` proved.
    function exitTotals(address token) external view returns (ExitTotals memory);
    /// @notice What claims paid for a `key`, and for all keys together.
    function claimed(bytes32 key, address token) external view returns (ExitPaid memory ofKey, uint256 ofAll);
}
