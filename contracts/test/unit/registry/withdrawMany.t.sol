// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {Withdrawal} from "../../../src/types/Messages.sol";
import {
    BlocklistToken,
    CallbackToken,
    GasBurningToken,
    HungryToken,
    ReturnBombToken
} from "../../support/OddTokens.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract WithdrawManyTest is VaultTest {
    Withdrawal[] private _withdrawals;

    function setUp() public override {
        super.setUp();
        deposit(alice, 100e18);
        reachRoot(1);
        for (uint256 i = 0; i < 3; i++) {
            _withdrawals.push(withdrawalOf(alice, 10e18, i));
        }
    }

    function test_withdrawMany_paysAll() public {
        bool[] memory paid = withdrawMany();
        assertEq(paid.length, 3);
        assertTrue(paid[0] && paid[1] && paid[2]);
        assertEq(token.balanceOf(alice), 30e18);
    }

    function test_withdrawMany_ofNoneDoesNothing() public {
        delete _withdrawals;
        assertEq(withdrawMany().length, 0);
    }

    function test_withdrawMany_reportsAFailedItemAndPaysTheOthers() public {
        withdraw(_withdrawals[1]);
        bytes memory reason = abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 1);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.WithdrawalFailed(alice, 1, reason);
        bool[] memory paid = withdrawMany();
        assertTrue(paid[0] && !paid[1] && paid[2]);
        assertEq(token.balanceOf(alice), 30e18);
    }

    function test_withdrawMany_paysADuplicateOnce() public {
        _withdrawals[2] = _withdrawals[0];
        bool[] memory paid = withdrawMany();
        assertTrue(paid[0] && paid[1] && !paid[2]);
        assertEq(token.balanceOf(alice), 20e18);
    }

    function test_withdrawMany_isNotStoppedByABlockedRecipient() public {
        BlocklistToken odd = new BlocklistToken();
        spoil(1, address(odd));
        odd.setBlocked(alice, true);
        expectPaidAllBut(1, abi.encodeWithSelector(IDepositRegistry.TransferFailed.selector));
    }

    function test_withdrawMany_isNotStoppedByATokenThatBurnsAllGas() public {
        spoil(0, address(new GasBurningToken()));
        expectPaidAllBut(0, abi.encodeWithSelector(IDepositRegistry.TransferFailed.selector));
    }

    function test_withdrawMany_isNotStoppedByATokenThatReturnsABomb() public {
        spoil(0, address(new ReturnBombToken()));
        expectPaidAllBut(0, abi.encodeWithSelector(IDepositRegistry.TransferFailed.selector));
    }

    function test_withdrawMany_cannotBeReenteredThroughAnItem() public {
        CallbackToken odd = new CallbackToken();
        spoil(0, address(odd));
        Pair memory pair = signBoth(_withdrawals[1]);
        odd.setCallback(
            address(registry),
            abi.encodeCall(IDepositRegistry.withdrawItem, (_withdrawals[1], pair.enclave, pair.leader))
        );
        bool[] memory paid = withdrawMany();
        assertTrue(paid[0] && paid[1] && paid[2]);
        assertEq(odd.reason(), abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotSelf.selector, address(odd)));
    }

    function test_withdrawMany_reportsEveryItemWhilePaused() public {
        pause();
        bool[] memory paid = withdrawMany();
        assertFalse(paid[0] || paid[1] || paid[2]);
        assertEq(token.balanceOf(alice), 0);
    }

    /// @dev So that an estimate of gas, which looks for the least that does not revert, finds enough for every item.
    function test_withdrawMany_revertsIfAnItemWouldGetTooLittleGas() public {
        (bytes[] memory enclaveSignatures, bytes[] memory leaderSignatures) = sign();
        vm.expectRevert(IDepositRegistry.DepositRegistry_TooLittleGas.selector);
        registry.withdrawMany{gas: 450_000}(_withdrawals, enclaveSignatures, leaderSignatures);
        bool[] memory paid = registry.withdrawMany{gas: 700_000}(_withdrawals, enclaveSignatures, leaderSignatures);
        assertTrue(paid[0] && paid[1] && paid[2]);
    }

    /// @dev Whoever carries a batch chooses its gas: an item gets all that it may burn, or nothing is tried.
    function test_withdrawMany_failsNoItemForLackOfGas() public {
        HungryToken odd = new HungryToken();
        spoil(0, address(odd));
        _withdrawals.pop();
        _withdrawals.pop();
        (bytes[] memory enclaveSignatures, bytes[] memory leaderSignatures) = sign();
        // What its transfer gets at best; for the second time, when all that it reads was read before.
        uint256 best;
        for (uint256 i = 0; i < 2; i++) {
            uint256 before = vm.snapshotState();
            withdrawMany();
            best = odd.got();
            assertTrue(vm.revertToState(before));
        }
        odd.setWants(best);
        uint256 paidTimes;
        for (uint256 gasLimit = 380_000; gasLimit <= 480_000; gasLimit += 1_000) {
            uint256 before = vm.snapshotState();
            try registry.withdrawMany{gas: gasLimit}(_withdrawals, enclaveSignatures, leaderSignatures) returns (
                bool[] memory paid
            ) {
                assertTrue(paid[0], vm.toString(gasLimit));
                paidTimes++;
            } catch (bytes memory reason) {
                assertEq(reason, abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TooLittleGas.selector));
            }
            assertTrue(vm.revertToState(before));
        }
        assertGt(paidTimes, 0);
        assertLt(paidTimes, 101);
    }

    function test_withdrawMany_revertsIfLengthsDiffer() public {
        (bytes[] memory three,) = sign();
        bytes[] memory two = new bytes[](2);
        vm.expectRevert(IDepositRegistry.DepositRegistry_LengthsDiffer.selector);
        registry.withdrawMany(_withdrawals, three, two);
        vm.expectRevert(IDepositRegistry.DepositRegistry_LengthsDiffer.selector);
        registry.withdrawMany(_withdrawals, two, three);
    }

    function test_withdrawMany_logsReplayDespiteReports() public {
        withdraw(_withdrawals[1]);
        Replay memory before = Replay(registry.head(), registry.count());
        vm.recordLogs();
        withdrawMany();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertReplayed(replayed(before, address(registry), logs), address(registry));
    }

    function test_withdrawItem_revertsIfNotCalledByTheVault() public {
        Pair memory pair = signBoth(_withdrawals[0]);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotSelf.selector, courier));
        vm.prank(courier);
        registry.withdrawItem(_withdrawals[0], pair.enclave, pair.leader);
    }

    // ---------------------------------------------------------------- helpers

    /// @dev Makes item `i` one of a token that misbehaves.
    function spoil(uint256 i, address odd) private {
        list(odd);
        fund(odd, bob, 100);
        vm.prank(bob);
        registry.deposit(odd, 100, bob, 0);
        (_withdrawals[i].token, _withdrawals[i].amount) = (odd, 100);
    }

    function expectPaidAllBut(uint256 spoilt, bytes memory reason) private {
        vm.expectEmit(address(registry));
        emit IDepositRegistry.WithdrawalFailed(alice, spoilt, reason);
        bool[] memory paid = withdrawMany();
        for (uint256 i = 0; i < 3; i++) {
            assertEq(paid[i], i != spoilt);
        }
        assertEq(token.balanceOf(alice), 20e18);
        assertFalse(registry.isNonceUsed(alice, spoilt));
    }

    function withdrawMany() private returns (bool[] memory) {
        (bytes[] memory enclaveSignatures, bytes[] memory leaderSignatures) = sign();
        vm.prank(courier);
        return registry.withdrawMany{gas: 3_000_000}(_withdrawals, enclaveSignatures, leaderSignatures);
    }

    function sign() private view returns (bytes[] memory enclaveSignatures, bytes[] memory leaderSignatures) {
        enclaveSignatures = new bytes[](_withdrawals.length);
        leaderSignatures = new bytes[](_withdrawals.length);
        for (uint256 i = 0; i < _withdrawals.length; i++) {
            Pair memory pair = signBoth(_withdrawals[i]);
            (enclaveSignatures[i], leaderSignatures[i]) = (pair.enclave, pair.leader);
        }
    }
}
