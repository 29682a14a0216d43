// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Withdrawal} from "../../src/types/Messages.sol";
import {LogReplay} from "../support/LogReplay.sol";
import {VaultHandler} from "./VaultHandler.sol";

/// @dev The sentences are in docs/invariants.md.
contract VaultInvariants is Test {
    VaultHandler private _handler;
    IDepositRegistry private _vault;

    function setUp() public {
        _handler = new VaultHandler();
        _handler.setUp();
        _vault = IDepositRegistry(_handler.vault());

        bytes4[] memory doors = new bytes4[](10);
        doors[0] = VaultHandler.depositAny.selector;
        doors[1] = VaultHandler.donate.selector;
        doors[2] = VaultHandler.withdrawAny.selector;
        doors[3] = VaultHandler.withdrawUnsigned.selector;
        doors[4] = VaultHandler.withdrawMany.selector;
        doors[5] = VaultHandler.cancel.selector;
        doors[6] = VaultHandler.postNextRoot.selector;
        doors[7] = VaultHandler.rotate.selector;
        doors[8] = VaultHandler.pauseOrUnpause.selector;
        doors[9] = VaultHandler.letTimePass.selector;
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), doors));
    }

    /// @notice The vault holds at least what it accounts for, of every honest token.
    function invariant_accountedIsAtMostTheBalance() public view {
        for (uint256 i = 0; i < _handler.tokenCount(); i++) {
            address token = _handler.tokens(i);
            assertLe(_vault.accounted(token), IERC20(token).balanceOf(address(_vault)));
        }
    }

    /// @notice What the accounts brought less what they took is what the vault accounts for.
    function invariant_countersSumToAccounted() public view {
        for (uint256 i = 0; i < _handler.tokenCount(); i++) {
            address token = _handler.tokens(i);
            (uint256 totalIn, uint256 totalOut) = sumOfCounters(token);
            assertEq(totalIn, _handler.depositedOf(token), "deposited, counted by hand");
            assertEq(totalOut, _handler.paidOf(token), "withdrawn, counted by hand");
            int256 held = int256(totalIn) - int256(totalOut) + _vault.inventory(token);
            assertEq(held, int256(_vault.accounted(token)), "accounted");
        }
    }

    /// @notice A nonce is used at most once: paid or cancelled.
    function invariant_nonceIsUsedAtMostOnce() public view {
        for (uint256 i = 0; i < _handler.signedCount(); i++) {
            Withdrawal memory withdrawal = _handler.signedAt(i);
            bytes32 key = keccak256(abi.encode(withdrawal.account, withdrawal.nonce));
            assertLe(_handler.uses(key), 1);
            assertEq(_vault.isNonceUsed(withdrawal.account, withdrawal.nonce), _handler.uses(key) == 1);
        }
    }

    /// @notice Without both signatures nothing leaves.
    function invariant_withoutBothSignaturesNothingLeaves() public view {
        assertEq(_handler.stolen(), 0);
    }

    /// @notice Nothing of a checkpoint newer than the posted root of this epoch is paid.
    function invariant_nothingNewerThanThePostedRootIsPaid() public view {
        assertEq(_handler.paidTooEarly(), 0);
    }

    /// @notice The log replayed from events gives the head.
    function invariant_logReplayedFromEventsGivesTheHead() public view {
        LogReplay.Replay memory replay = _handler.replay();
        assertEq(replay.count, _vault.count(), "count");
        assertEq(replay.head, _vault.head(), "head");
    }

    /// @notice Paused means paused, and ends by itself within 3 days.
    function invariant_pausedMeansPausedAndEndsByItself() public {
        assertEq(_handler.paidWhilePaused(), 0);
        if (!_handler.isPaused()) return;
        vm.warp(_handler.longestPauseEnd());
        assertFalse(_handler.isPaused());
    }

    /// @dev A suite in which nothing happens proves nothing.
    function test_handler_reachesEverything() public {
        for (uint256 i = 0; i < 1_000; i++) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            if (i % 7 == 0) _handler.depositAny(seed, seed >> 8, uint96(seed >> 16));
            if (i % 7 == 1) _handler.withdrawAny(seed, seed >> 8, uint96(seed >> 16), uint8(seed >> 128), i % 3 == 0);
            if (i % 7 == 2) _handler.withdrawMany(seed, uint96(seed >> 16));
            if (i % 7 == 3) _handler.cancel(seed, seed >> 8);
            if (i % 7 == 4) _handler.postNextRoot(uint8(seed), uint8(seed >> 8));
            if (i % 7 == 5) _handler.rotate(seed);
            if (i % 7 == 6) _handler.pauseOrUnpause(i % 2 == 0, uint8(seed));
        }
        assertGt(_handler.deposits(), 100);
        assertGt(_handler.payments(), 100);
        assertGt(_handler.cancellations(), 100);
        assertGt(_handler.roots(), 100);
        assertGt(_handler.pauses(), 5);
        assertGt(_handler.rotations(), 20);
    }

    function sumOfCounters(address token) private view returns (uint256 deposited, uint256 withdrawn) {
        for (uint256 i = 0; i < _handler.accountCount(); i++) {
            (uint256 d, uint256 w,) = _vault.counters(bytes32(uint256(uint160(_handler.accounts(i)))), token);
            deposited += d;
            withdrawn += w;
        }
    }
}
