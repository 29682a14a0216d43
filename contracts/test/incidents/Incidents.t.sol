// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {Signatures} from "../../src/libraries/Signatures.sol";
import {ExitRoots, Withdrawal} from "../../src/types/Messages.sol";
import {Limit, OutflowKind} from "../../src/types/VaultState.sol";
import {BlocklistToken} from "../support/OddTokens.sol";
import {VaultTest} from "../support/VaultTest.sol";

/// @title What went wrong for others
/// @dev docs/attacks.md tells each story and names the tests, those elsewhere included.
contract IncidentsTest is VaultTest {
    function setUp() public override {
        super.setUp();
        deposit(alice, 100e18);
        reachRoot(1);
    }

    // ---------------------------------------------------------------- Hyperliquid

    /// @dev A withdrawal that had been disputed could still be finalised after the validators were replaced.
    function test_hyperliquid_whatTheOldKeysSignedDiesWithTheRotation() public {
        Withdrawal memory withdrawal = withdrawalOf(alice, 1e18, 0);
        withdrawal.deadline = uint64(block.timestamp + 7 days);
        Pair memory oldPair = signBoth(withdrawal);
        ExitRoots memory oldRoot = rootsOf(2);
        Pair memory oldRootPair = signBoth(oldRoot);
        uint64 processed = registry.count();

        (, uint256 newLeaderKey) = makeAddrAndKey("new leader");
        leaderKey = newLeaderKey;
        appointLeader(newLeaderKey, EPOCH + 1);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_WrongEpoch.selector, EPOCH, EPOCH + 1));
        registry.postExitRoot(oldRoot, 0, processed, new bytes32[](0), oldRootPair.enclave, oldRootPair.leader);
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector);
        submit(withdrawal, oldPair);

        ExitRoots memory newRoot = rootsOf(3);
        newRoot.epoch = EPOCH + 1;
        post(newRoot, registry.count());
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(withdrawal, oldPair);
        withdraw(withdrawal);
        assertEq(token.balanceOf(alice), 1e18);
    }

    /// @dev Lockers that were misled by bad RPC nodes stopped the bridge, and only its owners could start it again.
    function test_hyperliquid_aLockEndsByItself() public {
        vm.prank(guardian);
        authority.pause();
        Withdrawal memory withdrawal = withdrawalOf(alice, 1e18, 0);
        withdrawal.deadline = uint64(block.timestamp + 4 days);
        vm.expectRevert(IDepositRegistry.DepositRegistry_Paused.selector);
        withdraw(withdrawal);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_MayNotPause.selector, guardian));
        vm.prank(guardian);
        authority.pause();

        vm.warp(block.timestamp + 3 days);
        withdraw(withdrawal);
        assertEq(token.balanceOf(alice), 1e18);
    }

    // ---------------------------------------------------------------- Orderly

    /// @dev A balance was frozen for a withdrawal whose message then failed, and nothing restored it.
    function test_orderly_aPaymentThatFailsLeavesEverythingAsItWas() public {
        BlocklistToken odd = new BlocklistToken();
        list(address(odd));
        fund(address(odd), bob, 100);
        vm.prank(bob);
        registry.deposit(address(odd), 100, bob, 0);
        odd.setBlocked(bob, true);
        Withdrawal memory withdrawal = withdrawalOf(bob, 60, 0);
        withdrawal.token = address(odd);
        bytes32 head = registry.head();
        vm.expectRevert(IDepositRegistry.TransferFailed.selector);
        withdraw(withdrawal);

        (uint256 deposited, uint256 withdrawn,) = registry.counters(keyOf(bob), address(odd));
        (, uint256 used) = registry.outflow(address(odd), OutflowKind.Withdrawal);
        assertEq(deposited - withdrawn, 100);
        assertEq(used, 0);
        assertEq(registry.head(), head);
        assertFalse(registry.isNonceUsed(bob, 0));

        // He can be paid later, or take it back, whichever comes first.
        vm.prank(bob);
        registry.cancelWithdrawal(0);
        odd.setBlocked(bob, false);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, bob, 0));
        withdraw(withdrawal);
    }

    // ---------------------------------------------------------------- Vertex

    /// @dev A deposit that failed behind the entry point was swallowed, and its tokens stayed.
    function test_vertex_aDepositIsCreditedOrRevertsAsAWhole() public {
        BlocklistToken unlisted = new BlocklistToken();
        fund(address(unlisted), bob, 10);
        fund(address(token), bob, 10);
        vm.startPrank(bob);
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_TokenNotListed.selector);
        registry.deposit(address(unlisted), 10, bob, 0);
        vm.expectRevert(IDepositRegistry.DepositRegistry_ZeroAccount.selector);
        registry.deposit(address(token), 10, address(0), 0);
        vm.stopPrank();

        vm.prank(council);
        registry.changeDepositCap(address(token), 100e18 + 9);
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_CapExceeded.selector);
        vm.prank(bob);
        registry.deposit(address(token), 10, bob, 0);
        assertEq(unlisted.balanceOf(bob), 10);
        assertEq(token.balanceOf(bob), 10);

        vm.prank(bob);
        registry.deposit(address(token), 9, bob, 0);
        (uint256 deposited,,) = registry.counters(keyOf(bob), address(token));
        assertEq(deposited, 9);
        assertEq(token.balanceOf(bob), 1);
    }

    // ---------------------------------------------------------------- t+

    /// @dev A delay was compared the wrong way round: it was over before it had begun.
    function test_tPlus_aDelayIsOverOnlyAfterIt() public {
        (address next, uint256 nextKey) = makeAddrAndKey("next leader");
        vm.prank(council);
        authority.proposeLeader(next, EPOCH + 1, "evidence");
        (,,, uint64 readyAt) = authority.proposal();
        assertEq(readyAt, block.timestamp + authority.leaderDelay());
        bytes memory signature = acceptance(nextKey, EPOCH + 1);

        // The keeper is heard all the time: nothing but the delay counts.
        for (uint64 checkpoint = 2; block.timestamp < readyAt - 1; checkpoint++) {
            vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_ProposalNotReady.selector, readyAt));
            authority.acceptLeader(signature);
            uint256 nextTurn = block.timestamp + 30 minutes;
            vm.warp(nextTurn < readyAt ? nextTurn : readyAt - 1);
            postRoot(checkpoint);
        }
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_ProposalNotReady.selector, readyAt));
        authority.acceptLeader(signature);
        vm.warp(readyAt);
        authority.acceptLeader(signature);
        assertEq(authority.leader(), next);
    }

    // ---------------------------------------------------------------- Drift

    /// @dev Two of five owners, without a delay, first raised the limits and then withdrew.
    function test_drift_theCouncilCannotRaiseALimitHoweverManyKeysItHas() public {
        vm.startPrank(council);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, Limit(1e18, 1 days));
        for (uint8 kind = 0; kind <= uint8(OutflowKind.Shuttle); kind++) {
            (Limit memory limit,) = registry.outflow(address(token), OutflowKind(kind));
            vm.expectPartialRevert(IDepositRegistry.DepositRegistry_LimitRaised.selector);
            registry.changeLimit(address(token), OutflowKind(kind), Limit(limit.capacity, limit.refillSeconds - 1));
        }
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_NotGovernor.selector);
        registry.listToken(listingOf(address(this), 1));
        vm.stopPrank();

        // Both keys are stolen as well: the bucket is all there is.
        withdraw(withdrawalOf(alice, 1e18, 0));
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_OverLimit.selector);
        withdraw(withdrawalOf(alice, 1, 1));
    }
}
