// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {LogChain} from "../libraries/LogChain.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {
    Counters,
    ExitPhase,
    Limit,
    Outflow,
    OutflowKind,
    RootRecord,
    TokenBooks,
    VaultState
} from "../types/VaultState.sol";
import {OutflowLimits} from "./OutflowLimits.sol";

/// @title The vault's log, its counters, and the gates before everything that moves money
/// @dev Every movement of a key goes through `credit` or `debit`, every other through `creditInventory` or
/// `debitInventory`, so that per token the counters of all keys sum to `accounted − inventory`.
library VaultBooks {
    using OutflowLimits for Limit;
    using SafeCast for uint256;
    using SafeCast for int256;

    /// @notice For so long the council may discard a root, in seconds.
    uint40 internal constant ROOT_MATURES_AFTER = 72 hours;

    // ---------------------------------------------------------------- log

    function append(VaultState storage vault, bytes32 kind, bytes memory data) internal {
        uint40 index = vault.count;
        // No log has 2⁴⁰ entries.
        unchecked {
            vault.count = index + 1;
        }
        vault.head = LogChain.append(vault.head, index, kind, data);
    }

    // ---------------------------------------------------------------- gates

    function requireNotPaused(VaultState storage vault) internal view {
        if (block.timestamp < vault.pausedUntil) revert IDepositRegistry.DepositRegistry_Paused();
    }

    function requireNotFinal(VaultState storage vault) internal view {
        if (vault.phase == ExitPhase.Final) revert IDepositRegistry.DepositRegistry_ExitIsFinal();
    }

    /// @dev Nothing is paid out before the snapshot that contains it is known to be safe, by the keeper of this epoch.
    function requirePosted(VaultState storage vault, uint64 checkpoint) internal view {
        if (!vault.rootIsOfEpoch || vault.rootCheckpoint < checkpoint) _refuseNotPosted(vault, checkpoint);
    }

    /// @dev `requireNotPaused`, `requireNotFinal` and `requirePosted` with one read: what every payment must pass.
    function requireOpen(VaultState storage vault, uint64 checkpoint) internal view {
        (uint40 pausedUntil, ExitPhase phase, bool rootIsOfEpoch, uint40 rootCheckpoint) =
            (vault.pausedUntil, vault.phase, vault.rootIsOfEpoch, vault.rootCheckpoint);
        if (block.timestamp < pausedUntil) revert IDepositRegistry.DepositRegistry_Paused();
        if (phase == ExitPhase.Final) revert IDepositRegistry.DepositRegistry_ExitIsFinal();
        if (!rootIsOfEpoch || rootCheckpoint < checkpoint) _refuseNotPosted(vault, checkpoint);
    }

    function requireSigned(
        VaultState storage vault,
        bytes32 digest,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) internal view {
        Signatures.requireBoth(digest, vault.signers, enclaveSignature, leaderSignature);
    }

    function requireListed(VaultState storage vault, address token) internal view {
        if (vault.tokens[token].listedAt == 0) revert IDepositRegistry.DepositRegistry_TokenNotListed(token);
    }

    function requireRecipient(address recipient) internal view {
        if (recipient == address(0) || recipient == address(this)) {
            revert IDepositRegistry.DepositRegistry_BadRecipient(recipient);
        }
    }

    // ---------------------------------------------------------------- roots

    /// @dev Time of signing of the newest root that was ever posted.
    function heartbeatAt(VaultState storage vault) internal view returns (uint64) {
        (uint64 issuedAt, uint64 floor) = (vault.rootIssuedAt, vault.heartbeatFloor);
        return issuedAt > floor ? issuedAt : floor;
    }

    /// @dev No root, posted at 0, is mature.
    function isMature(uint64 postedAt) internal view returns (bool) {
        return block.timestamp - postedAt >= ROOT_MATURES_AFTER;
    }

    function setNewestRoot(VaultState storage vault, RootRecord memory root) internal {
        vault.rootCheckpoint = root.checkpoint;
        vault.rootIssuedAt = root.issuedAt;
        vault.rootPostedAt = root.postedAt;
        vault.processedIndex = root.processedIndex;
        vault.rootIsOfEpoch = root.epoch == vault.epoch;
        vault.treeRoot = root.treeRoot;
        vault.rootEpoch = root.epoch;
    }

    // ---------------------------------------------------------------- movements

    function keyOf(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function credit(VaultState storage vault, bytes32 key, address token, uint256 amount) internal {
        uint112 amount112 = amount.toUint112();
        vault.tokens[token].accounted += amount112;
        _countDeposited(vault, key, token, amount112);
    }

    /// @dev From outside, up to the cap. It refills the bucket of withdrawals: only the net flow of both counts, so that no
    /// loop starves the bucket.
    function creditDeposit(VaultState storage vault, bytes32 key, address token, uint256 amount) internal {
        TokenBooks storage books = vault.tokens[token];
        (uint256 held, uint256 used, uint256 depositCap) = (books.accounted, books.withdrawalUsed, books.depositCap);
        if (held + amount > depositCap) {
            revert IDepositRegistry.DepositRegistry_CapExceeded(token, depositCap, held + amount);
        }
        // Neither more than the cap nor more than was used: all fit.
        // forge-lint: disable-next-line(unsafe-typecast)
        (books.accounted, books.withdrawalUsed) = (uint112(held + amount), used > amount ? uint104(used - amount) : 0);
        // forge-lint: disable-next-line(unsafe-typecast)
        _countDeposited(vault, key, token, uint112(amount));
    }

    function debit(VaultState storage vault, bytes32 key, address token, uint256 amount) internal {
        TokenBooks storage books = vault.tokens[token];
        (uint112 left, uint112 amount112) = _taken(token, books.accounted, amount);
        books.accounted = left;
        _countWithdrawn(vault, key, token, amount112);
    }

    /// @dev To outside, within the limit of withdrawals.
    function debitWithdrawal(VaultState storage vault, bytes32 key, address token, uint256 amount) internal {
        TokenBooks storage books = vault.tokens[token];
        (uint112 held, uint104 used, uint40 since) = (books.accounted, books.withdrawalUsed, books.withdrawalAt);
        used = _fill(token, OutflowKind.Withdrawal, books.withdrawalLimit, used, since, amount);
        (uint112 left, uint112 amount112) = _taken(token, held, amount);
        (books.accounted, books.withdrawalUsed, books.withdrawalAt) = (left, used, uint40(block.timestamp));
        _countWithdrawn(vault, key, token, amount112);
    }

    /// @dev Tokens that came in for no key.
    function creditInventory(VaultState storage vault, address token, uint256 amount) internal {
        TokenBooks storage books = vault.tokens[token];
        books.accounted += amount.toUint112();
        books.inventory += amount.toInt256().toInt128();
    }

    /// @dev Tokens that leave for no key.
    function debitInventory(VaultState storage vault, address token, uint256 amount) internal {
        TokenBooks storage books = vault.tokens[token];
        (books.accounted,) = _taken(token, books.accounted, amount);
        books.inventory -= amount.toInt256().toInt128();
    }

    // ---------------------------------------------------------------- outflow

    /// @dev For settlements and shuttles.
    function limitOutflow(VaultState storage vault, address token, OutflowKind kind, uint256 amount) internal {
        TokenBooks storage books = vault.tokens[token];
        Outflow memory outflow = books.outflows[kind];
        uint104 used = _fill(token, kind, books.limits[kind], outflow.used, outflow.at, amount);
        books.outflows[kind] = Outflow(used, uint40(block.timestamp));
    }

    /// @dev Brings what is used up to now, before the limit changes.
    function settleOutflow(VaultState storage vault, address token, OutflowKind kind) internal {
        (TokenBooks storage books, uint256 used) = (vault.tokens[token], usedOutflow(vault, token, kind));
        // Not more than before, which fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        (uint104 used104, uint40 time) = (uint104(used), uint40(block.timestamp));
        if (kind == OutflowKind.Withdrawal) (books.withdrawalUsed, books.withdrawalAt) = (used104, time);
        else books.outflows[kind] = Outflow(used104, time);
    }

    function usedOutflow(VaultState storage vault, address token, OutflowKind kind) internal view returns (uint256) {
        TokenBooks storage books = vault.tokens[token];
        if (kind == OutflowKind.Withdrawal) {
            return books.withdrawalLimit.usedNow(books.withdrawalUsed, books.withdrawalAt);
        }
        return books.limits[kind].usedNow(books.outflows[kind].used, books.outflows[kind].at);
    }

    function limitOf(VaultState storage vault, address token, OutflowKind kind) internal view returns (Limit memory) {
        TokenBooks storage books = vault.tokens[token];
        return kind == OutflowKind.Withdrawal ? books.withdrawalLimit : books.limits[kind];
    }

    function _fill(address token, OutflowKind kind, Limit memory limit, uint256 used, uint256 since, uint256 amount)
        private
        view
        returns (uint104)
    {
        (uint256 usedNow, uint256 capacity) = (limit.usedNow(used, since), limit.capacity);
        // Neither can overflow: what is used is 104 bits long, and so is a capacity.
        unchecked {
            if (amount > capacity || usedNow + amount > capacity) {
                revert IDepositRegistry.DepositRegistry_OverLimit(
                    token, kind, amount, limit.fitsAt(used, since, amount)
                );
            }
            // forge-lint: disable-next-line(unsafe-typecast)
            return uint104(usedNow + amount);
        }
    }

    // ---------------------------------------------------------------- helpers

    function _refuseNotPosted(VaultState storage vault, uint64 checkpoint) private view {
        revert IDepositRegistry.DepositRegistry_CheckpointNotPosted(checkpoint, vault.rootEpoch, vault.rootCheckpoint);
    }

    /// @dev What is left of `held`, and the amount in the type of a counter.
    function _taken(address token, uint112 held, uint256 amount)
        private
        pure
        returns (uint112 left, uint112 amount112)
    {
        if (amount > held) {
            revert IDepositRegistry.DepositRegistry_VaultHoldsTooLittle(token, amount, held);
        }
        // No more than is held, which fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        amount112 = uint112(amount);
        unchecked {
            left = held - amount112;
        }
    }

    function _countDeposited(VaultState storage vault, bytes32 key, address token, uint112 amount) private {
        Counters storage counted = vault.counters[key][token];
        (uint112 deposited, uint32 firstIndex) = (counted.deposited, counted.firstIndex);
        if (firstIndex == 0) firstIndex = _nextIndex(vault);
        (counted.deposited, counted.firstIndex) = (_added(key, token, deposited, amount), firstIndex);
    }

    function _countWithdrawn(VaultState storage vault, bytes32 key, address token, uint112 amount) private {
        Counters storage counted = vault.counters[key][token];
        (uint112 withdrawn, uint32 firstIndex) = (counted.withdrawn, counted.firstIndex);
        if (firstIndex == 0) firstIndex = _nextIndex(vault);
        (counted.withdrawn, counted.firstIndex) = (_added(key, token, withdrawn, amount), firstIndex);
    }

    function _added(bytes32 key, address token, uint112 counter, uint112 amount) private pure returns (uint112 sum) {
        unchecked {
            sum = counter + amount;
        }
        if (sum < amount) revert IDepositRegistry.DepositRegistry_CounterOverflow(key, token);
    }

    /// @dev Of the entry that is about to be appended, plus one. In a log that is too long for the field it is the last that
    /// fits: nobody must be locked out by entries of others.
    function _nextIndex(VaultState storage vault) private view returns (uint32) {
        uint256 next = uint256(vault.count) + 1;
        // forge-lint: disable-next-line(unsafe-typecast)
        return next < type(uint32).max ? uint32(next) : type(uint32).max;
    }
}
