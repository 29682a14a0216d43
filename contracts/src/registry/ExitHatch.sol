// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {MerkleProofLib} from "solady/utils/MerkleProofLib.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IAuthority} from "../interfaces/IAuthority.sol";
import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {IExitHatch} from "../interfaces/IExitHatch.sol";
import {TypedMessages} from "../libraries/TypedMessages.sol";
import {ExitClaim, ExitPaid, ExitReason, ExitState, ExitTotals, ForcedReason, ForcedRequest} from "../types/Exit.sol";
import {ForcedAnswer} from "../types/Messages.sol";
import {Counters, ExitPhase, TokenBooks, VaultState} from "../types/VaultState.sol";
import {VaultBooks} from "./VaultBooks.sol";

/// @title The code behind `IExitHatch`
/// @dev External, because the vault's own code would be too large. Runs in the vault's storage and as the vault.
library ExitHatch {
    using SafeCast for int256;
    using SafeCast for uint256;
    using SafeTransferLib for address;
    using VaultBooks for VaultState;

    bytes32 internal constant EXIT_LEAF_TYPEHASH = keccak256(
        "ExitLeaf(uint256 chainId,address registry,uint64 checkpoint,bytes32 key,address token,int256 offset,uint256 transit,bytes32 salt)"
    );
    bytes32 internal constant TOKEN_LEAF_TYPEHASH = keccak256(
        "ExitTokenLeaf(uint256 chainId,address registry,uint64 checkpoint,address token,int256 offsetTotal,uint256 transitTotal)"
    );
    uint64 internal constant STALE_AFTER = 7 days;
    uint64 internal constant ANSWER_WITHIN = 7 days;
    uint64 internal constant CLOSING_TIME = 48 hours;
    uint40 private constant DISCARDING_TIME = 24 hours;
    /// @dev An answer that does not pay all pays at least a quarter of the capacity of the withdrawal limit, and a
    /// sixteenth of what is open: where the limit does not let that through there is no answer, and the exit is the way out.
    uint256 private constant LEAST_OF_CAPACITY = 4;
    uint256 private constant LEAST_OF_OPEN = 16;

    // ---------------------------------------------------------------- forced withdrawals

    /// @param fee of this chain, in atoms of the native coin
    function request(
        VaultState storage vault,
        ExitState storage exit,
        uint256 fee,
        address token,
        uint256 amount,
        address recipient
    ) external returns (uint256 id) {
        vault.requireNotFinal();
        vault.requireListed(token);
        if (msg.value != fee) revert IExitHatch.ExitHatch_WrongFee(msg.value, fee);
        if (amount == 0) revert IDepositRegistry.DepositRegistry_ZeroAmount();
        VaultBooks.requireRecipient(recipient);

        id = ++exit.requestCount;
        exit.requests[id] = ForcedRequest({
            account: msg.sender,
            askedAt: uint40(block.timestamp),
            answeredBy: 0,
            token: token,
            recipient: recipient,
            open: amount.toUint112()
        });
        vault.append(IExitHatch.ForcedRequested.selector, abi.encode(id, msg.sender, token, amount, recipient));
    }

    /// @param fee of this chain, in atoms of the native coin
    /// @param domainSeparator of this vault
    function answer(
        VaultState storage vault,
        ExitState storage exit,
        IAuthority authority,
        uint256 fee,
        bytes32 domainSeparator,
        ForcedAnswer calldata answer_,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external {
        _requireApproved(vault, domainSeparator, answer_, enclaveSignature, leaderSignature);
        uint256 left = _execute(vault, exit, authority, answer_);
        if (left == 0) msg.sender.safeTransferETH(fee);
    }

    /// @dev A signed answer. What is left open is returned; nothing is, when the request is closed.
    function _execute(
        VaultState storage vault,
        ExitState storage exit,
        IAuthority authority,
        ForcedAnswer calldata answer_
    ) private returns (uint256 left) {
        ForcedRequest memory asked = _requireOpen(exit, answer_.id);
        if (answer_.checkpoint <= asked.answeredBy) {
            revert IExitHatch.ExitHatch_AlreadyAnswered(answer_.id, answer_.checkpoint, asked.answeredBy);
        }
        ForcedReason reason = _requireConsistent(vault, answer_, asked);

        uint256 paid = answer_.paid;
        left = _record(exit, answer_, reason, asked.open);
        if (paid != 0) {
            vault.debitWithdrawal(VaultBooks.keyOf(asked.account), asked.token, paid);
        }
        vault.append(
            IExitHatch.ForcedAnswered.selector,
            abi.encode(answer_.id, asked.account, asked.token, paid, asked.recipient, reason, left)
        );
        _cureUnanswered(vault, exit, authority, answer_.id);

        if (paid != 0) asked.token.safeTransfer(asked.recipient, paid);
    }

    function returnFee(VaultState storage vault, ExitState storage exit, uint256 fee, uint256 id) external {
        _requireFinal(vault);
        address account = _requireOpen(exit, id).account;
        delete exit.requests[id];
        account.safeTransferETH(fee);
    }

    // ---------------------------------------------------------------- exit mode

    function enterStale(VaultState storage vault, ExitState storage exit, IAuthority authority) external {
        _requirePassed(authority, vault.heartbeatAt(), STALE_AFTER);
        _enter(vault, exit, ExitReason.Stale, 0);
    }

    function enterUnanswered(VaultState storage vault, ExitState storage exit, IAuthority authority, uint256 id)
        external
    {
        _requirePassed(authority, _requireOpen(exit, id).askedAt, ANSWER_WITHIN);
        _enter(vault, exit, ExitReason.Unanswered, id);
    }

    function enterByGovernor(VaultState storage vault, ExitState storage exit) external {
        _enter(vault, exit, ExitReason.Governor, 0);
    }

    /// @dev Before a root is posted outside of Running. One that is issued after a stale heartbeat led here cures that.
    function admitRoot(VaultState storage vault, ExitState storage exit, IAuthority authority, uint64 issuedAt)
        external
    {
        vault.requireNotFinal();
        if (_isClosingOver(exit, authority)) revert IExitHatch.ExitHatch_ClosingIsOver(exit.enteredAt);
        if (exit.reason == ExitReason.Stale && issuedAt > exit.enteredAt) _cure(vault);
    }

    function finalize(VaultState storage vault, ExitState storage exit, IAuthority authority) external {
        if (vault.phase != ExitPhase.Closing) revert IExitHatch.ExitHatch_NotClosing();
        _requirePassed(authority, exit.enteredAt, CLOSING_TIME);
        if (!VaultBooks.isMature(vault.rootPostedAt)) {
            revert IExitHatch.ExitHatch_RootIsYoung(vault.rootPostedAt + VaultBooks.ROOT_MATURES_AFTER);
        }
        vault.phase = ExitPhase.Final;
        vault.append(
            IExitHatch.ExitModeFinal.selector, abi.encode(vault.rootCheckpoint, vault.treeRoot, vault.processedIndex)
        );
    }

    function discardRoot(VaultState storage vault) external {
        if (VaultBooks.isMature(vault.rootPostedAt)) {
            revert IDepositRegistry.DepositRegistry_RootIsMature(vault.rootPostedAt);
        }
        (uint64 epoch, uint64 checkpoint) = (vault.rootEpoch, vault.rootCheckpoint);
        vault.heartbeatFloor = uint40(vault.heartbeatAt());
        uint40 maturingPostedAt = vault.maturingPostedAt;
        if (maturingPostedAt != 0 && VaultBooks.isMature(maturingPostedAt)) vault.matured = vault.maturing;
        _requireMatured(vault);
        vault.discardedAt = uint40(block.timestamp);
        delete vault.maturing;
        vault.maturingPostedAt = 0;
        vault.setNewestRoot(vault.matured);
        vault.append(
            IDepositRegistry.ExitRootDiscarded.selector,
            abi.encode(epoch, checkpoint, vault.rootEpoch, vault.rootCheckpoint)
        );
    }

    /// @dev Whoever discards again and again keeps every root from maturing, and an exit would go by an ever older one.
    function _requireMatured(VaultState storage vault) private {
        uint40 since = vault.discardingSince;
        if (vault.matured.postedAt > since) {
            vault.discardingSince = uint40(block.timestamp);
        } else if (block.timestamp >= since + DISCARDING_TIME) {
            revert IDepositRegistry.DepositRegistry_NothingMaturedSince(since);
        }
    }

    // ---------------------------------------------------------------- claims

    function proveTotals(
        VaultState storage vault,
        ExitState storage exit,
        address token,
        int256 offset,
        uint256 transit,
        bytes32[] calldata proof
    ) external {
        _requireFinal(vault);
        if (exit.totals[token].areProved) revert IExitHatch.ExitHatch_TotalsAreProved(token);
        bytes memory content =
            abi.encode(TOKEN_LEAF_TYPEHASH, block.chainid, address(this), vault.rootCheckpoint, token, offset, transit);
        _requireInTree(vault, content, proof);

        exit.totals[token] = ExitTotals(offset.toInt128(), transit.toUint120(), true);
        emit IExitHatch.TotalsProved(token, offset, transit);
    }

    /// @param key whose claims `claimed.account` may make
    function claim(VaultState storage vault, ExitState storage exit, bytes32 key, ExitClaim calldata claimed)
        external
        returns (uint256 share, uint256 transit)
    {
        _requireFinal(vault);
        (address account, address token, address recipient) = (claimed.account, claimed.token, claimed.recipient);
        if (recipient != account && msg.sender != account) {
            revert IExitHatch.ExitHatch_NotAccount(msg.sender, account);
        }
        VaultBooks.requireRecipient(recipient);
        uint256 balance = IERC20(token).balanceOf(address(this));
        (share, transit) = _due(vault, exit, key, claimed, balance);

        ExitPaid memory paid = exit.paid[key][token];
        share = _payable(share, paid.share, balance);
        transit = _payable(transit, paid.transit, balance - share);
        if (share + transit == 0) revert IExitHatch.ExitHatch_NothingDue(key, token);
        exit.paid[key][token] = ExitPaid((paid.share + share).toUint128(), (paid.transit + transit).toUint128());
        vault.tokens[token].claimed += (share + transit).toUint128();
        emit IExitHatch.Claimed(key, token, recipient, share, transit);
        token.safeTransfer(recipient, share + transit);
    }

    /// @dev What the key can have of the token altogether, before what it was paid. See `IExitHatch`.
    function _due(
        VaultState storage vault,
        ExitState storage exit,
        bytes32 key,
        ExitClaim calldata claimed,
        uint256 balance
    ) private view returns (uint256 share, uint256 transit) {
        address token = claimed.token;
        TokenBooks storage books = vault.tokens[token];
        Counters memory counted = vault.counters[key][token];
        bool hasLeaf = _requireLeaf(vault, key, claimed, counted.firstIndex);
        ExitTotals memory totals = _requireTotals(vault, exit, token);

        int256 net = int256(uint256(counted.deposited)) - int256(uint256(counted.withdrawn));
        int256 netOfAll = int256(uint256(books.accounted)) - books.inventory;
        uint256 owedToKey = _orZero((hasLeaf ? claimed.offset : int256(0)) + net);
        uint256 owed = _orZero(totals.offset + netOfAll);
        uint256 holdings = balance + books.claimed;
        share = _shareDown(owedToKey, holdings, owed);
        transit = hasLeaf ? _shareDown(claimed.transit, _lessOrZero(holdings, owed), totals.transit) : 0;
    }

    // ---------------------------------------------------------------- helpers

    function _enter(VaultState storage vault, ExitState storage exit, ExitReason reason, uint256 id) private {
        if (vault.phase != ExitPhase.Running) revert IExitHatch.ExitHatch_NotRunning();
        vault.phase = ExitPhase.Closing;
        (exit.enteredAt, exit.reason, exit.requestId) = (uint40(block.timestamp), reason, id.toUint64());
        vault.append(IExitHatch.ExitModeEntered.selector, abi.encode(reason, id));
    }

    /// @dev Only within the 48 h, as with roots: afterwards everybody may rely on the exit.
    function _cureUnanswered(VaultState storage vault, ExitState storage exit, IAuthority authority, uint256 id)
        private
    {
        if (vault.phase != ExitPhase.Closing || exit.reason != ExitReason.Unanswered || exit.requestId != id) {
            return;
        }
        if (!_isClosingOver(exit, authority)) _cure(vault);
    }

    function _cure(VaultState storage vault) private {
        vault.phase = ExitPhase.Running;
        vault.append(IExitHatch.ExitModeCured.selector, "");
    }

    /// @dev The rest of a request that was paid partly waits anew.
    function _record(ExitState storage exit, ForcedAnswer calldata answer_, ForcedReason reason, uint112 open)
        private
        returns (uint256 left)
    {
        if (reason != ForcedReason.OverLimit) {
            delete exit.requests[answer_.id];
            return 0;
        }
        left = open - answer_.paid;
        ForcedRequest storage asked = exit.requests[answer_.id];
        // Less than was open, and a posted checkpoint: both fit.
        // forge-lint: disable-next-line(unsafe-typecast)
        (asked.open, asked.answeredBy) = (uint112(left), uint40(answer_.checkpoint));
        asked.askedAt = uint40(block.timestamp);
    }

    function _requireOpen(ExitState storage exit, uint256 id) private view returns (ForcedRequest memory asked) {
        asked = exit.requests[id];
        if (asked.open == 0) revert IExitHatch.ExitHatch_RequestNotOpen(id);
    }

    function _requireConsistent(VaultState storage vault, ForcedAnswer calldata answer_, ForcedRequest memory asked)
        private
        view
        returns (ForcedReason reason)
    {
        if (answer_.reason > uint8(type(ForcedReason).max)) revert IExitHatch.ExitHatch_UnknownReason(answer_.reason);
        reason = ForcedReason(answer_.reason);
        (uint256 paid, uint256 open, uint256 least) = (answer_.paid, asked.open, 0);
        bool isConsistent = paid == 0;
        if (reason == ForcedReason.Paid) isConsistent = paid == open;
        if (reason == ForcedReason.OverLimit) {
            uint112 capacity = vault.tokens[asked.token].withdrawalLimit.capacity;
            least = Math.max(Math.ceilDiv(capacity, LEAST_OF_CAPACITY), Math.ceilDiv(open, LEAST_OF_OPEN));
            isConsistent = paid >= least && paid < open;
        }
        if (!isConsistent) revert IExitHatch.ExitHatch_WrongPayment(answer_.id, reason, paid, open, least);
    }

    function _requireApproved(
        VaultState storage vault,
        bytes32 domainSeparator,
        ForcedAnswer calldata answer_,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) private view {
        vault.requireOpen(answer_.checkpoint);
        bytes32 digest = TypedMessages.digest(domainSeparator, TypedMessages.hashStruct(answer_));
        vault.requireSigned(digest, enclaveSignature, leaderSignature);
    }

    function _requireFinal(VaultState storage vault) private view {
        if (vault.phase != ExitPhase.Final) revert IExitHatch.ExitHatch_NotFinal();
    }

    function _requirePassed(IAuthority authority, uint64 since, uint64 needed) private view {
        uint64 waited = authority.runningSeconds(since, uint64(block.timestamp));
        if (waited < needed) revert IExitHatch.ExitHatch_NotLongEnough(since, waited, needed);
    }

    function _isClosingOver(ExitState storage exit, IAuthority authority) private view returns (bool) {
        return authority.runningSeconds(exit.enteredAt, uint64(block.timestamp)) >= CLOSING_TIME;
    }

    /// @dev Salts of leaves are hashes, never 0.
    function _requireLeaf(VaultState storage vault, bytes32 key, ExitClaim calldata claimed, uint256 firstIndex)
        private
        view
        returns (bool hasLeaf)
    {
        hasLeaf = claimed.salt != 0;
        if (hasLeaf) {
            bytes memory content = abi.encode(
                EXIT_LEAF_TYPEHASH,
                block.chainid,
                address(this),
                vault.rootCheckpoint,
                key,
                claimed.token,
                claimed.offset,
                claimed.transit,
                claimed.salt
            );
            _requireInTree(vault, content, claimed.proof);
        } else if (firstIndex <= vault.processedIndex) {
            revert IExitHatch.ExitHatch_LeafNeeded(key, claimed.token);
        }
    }

    function _requireTotals(VaultState storage vault, ExitState storage exit, address token)
        private
        view
        returns (ExitTotals memory totals)
    {
        totals = exit.totals[token];
        if (!totals.areProved && vault.tokens[token].listedAt <= vault.processedIndex) {
            revert IExitHatch.ExitHatch_TotalsNeeded(token);
        }
    }

    /// @dev Hashed twice: no leaf is as long as an inner node.
    function _requireInTree(VaultState storage vault, bytes memory content, bytes32[] calldata proof) private view {
        (bytes32 leaf, bytes32 treeRoot) = (keccak256(bytes.concat(keccak256(content))), vault.treeRoot);
        if (!MerkleProofLib.verifyCalldata(proof, treeRoot, leaf)) {
            revert IExitHatch.ExitHatch_NotInTree(leaf, treeRoot);
        }
    }

    /// @dev `part · min(1, available / whole)`; nothing of nothing.
    function _shareDown(uint256 part, uint256 available, uint256 whole) private pure returns (uint256) {
        if (whole == 0) return 0;
        return available >= whole ? part : Math.mulDiv(part, available, whole);
    }

    function _payable(uint256 due, uint256 paid, uint256 available) private pure returns (uint256) {
        return Math.min(_lessOrZero(due, paid), available);
    }

    function _lessOrZero(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    function _orZero(int256 amount) private pure returns (uint256) {
        // Only what is positive is cast.
        // forge-lint: disable-next-line(unsafe-typecast)
        return amount > 0 ? uint256(amount) : 0;
    }
}
