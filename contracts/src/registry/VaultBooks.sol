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
        vault.head = LogChain.append(vault.head, index, kind, data);
        vault.count = index + 1;
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
        if (!vault.rootIsOfEpoch || vault.rootCheckpoint < checkpoint) {
            revert IDepositRegistry.DepositRegistry_CheckpointNotPosted(
                checkpoint, vault.rootEpoch, vault.rootCheckpoint
            );
        }
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
        Counters storage counted = vault.counters[key][token];
        (uint112 deposited, uint112 withdrawn, uint32 firstIndex) = _load(counted);
        if (amount112 > type(uint112).max - deposited) {
            revert IDepositRegistry.DepositRegistry_CounterOverflow(key, token);
        }
        _store(vault, counted, deposited + amount112, withdrawn, firstIndex);
    }

    function debit(VaultState storage vault, bytes32 key, address token, uint256 amount) internal {
        uint112 amount112 = _takeFromBooks(vault, token, amount);
        Counters storage counted = vault.counters[key][token];
        (uint112 deposited, uint112 withdrawn, uint32 firstIndex) = _load(counted);
        if (amount112 > type(uint112).max - withdrawn) {
            revert IDepositRegistry.DepositRegistry_CounterOverflow(key, token);
        }
        _store(vault, counted, deposited, withdrawn + amount112, firstIndex);
    }

    /// @dev Tokens that came in for no key.
    function creditInventory(VaultState storage vault, address token, uint256 amount) internal {
        TokenBooks storage books = vault.tokens[token];
        books.accounted += amount.toUint112();
        books.inventory += amount.toInt256().toInt128();
    }

    /// @dev Tokens that leave for no key.
    function debitInventory(VaultState storage vault, address token, uint256 amount) internal {
        _takeFromBooks(vault, token, amount);
        vault.tokens[token].inventory -= amount.toInt256().toInt128();
    }

    // ---------------------------------------------------------------- outflow

    /// @dev By what came in: only the net flow of deposits and withdrawals counts, so that no loop starves the bucket.
    function refillWithdrawals(VaultState storage vault, address token, uint256 amount) internal {
        TokenBooks storage books = vault.tokens[token];
        uint104 used = books.withdrawalUsed;
        // Not more than is used, which fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        books.withdrawalUsed = used > amount ? used - uint104(amount) : 0;
    }

    function limitWithdrawal(VaultState storage vault, address token, uint256 amount) internal {
        TokenBooks storage books = vault.tokens[token];
        books.withdrawalUsed = _fill(
            token, OutflowKind.Withdrawal, books.withdrawalLimit, books.withdrawalUsed, books.withdrawalAt, amount
        );
        books.withdrawalAt = uint40(block.timestamp);
    }

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
        uint256 usedNow = limit.usedNow(used, since);
        if (amount > limit.capacity || usedNow > limit.capacity - amount) {
            revert IDepositRegistry.DepositRegistry_OverLimit(token, kind, amount, limit.fitsAt(used, since, amount));
        }
        // A capacity fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint104(usedNow + amount);
    }

    // ---------------------------------------------------------------- helpers

    function _takeFromBooks(VaultState storage vault, address token, uint256 amount)
        private
        returns (uint112 amount112)
    {
        TokenBooks storage books = vault.tokens[token];
        uint112 held = books.accounted;
        if (amount > held) revert IDepositRegistry.DepositRegistry_VaultHoldsTooLittle(token, amount, held);
        // No more than is held, which fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        amount112 = uint112(amount);
        books.accounted = held - amount112;
    }

    function _load(Counters storage counted) private view returns (uint112, uint112, uint32) {
        return (counted.deposited, counted.withdrawn, counted.firstIndex);
    }

    /// @dev Remembers the key's first entry, which is the one that is about to be appended. In a log that is too long for
    /// the field it is the last that fits: nobody must be locked out by entries of others.
    function _store(
        VaultState storage vault,
        Counters storage counted,
        uint112 deposited,
        uint112 withdrawn,
        uint32 firstIndex
    ) private {
        if (firstIndex == 0) {
            uint256 next = uint256(vault.count) + 1;
            // forge-lint: disable-next-line(unsafe-typecast)
            firstIndex = next < type(uint32).max ? uint32(next) : type(uint32).max;
        }
        (counted.deposited, counted.withdrawn, counted.firstIndex) = (deposited, withdrawn, firstIndex);
    }
}
