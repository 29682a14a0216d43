// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Authority} from "../../src/Authority.sol";
import {Checkpointer} from "../../src/Checkpointer.sol";
import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {ICheckpointer} from "../../src/interfaces/ICheckpointer.sol";
import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {Signatures} from "../../src/libraries/Signatures.sol";
import {AuthorityGenesis} from "../../src/types/Listings.sol";
import {AcceptLeader, Checkpoint, ExitRoots, Withdrawal} from "../../src/types/Messages.sol";
import {StandbyTest} from "../support/StandbyTest.sol";

contract AuthorityTakeOverTest is StandbyTest {
    function setUp() public override {
        super.setUp();
        listStandby(firstKey);
        listStandby(secondKey);
        keepAliveAt(block.timestamp + 60);
    }

    // ---------------------------------------------------------------- announcing

    function test_announceTakeOver_isForAnybodyToSendOnceTheKeeperIsStale() public {
        silence(STALE - 1);
        uint64 heardAt = authority.heartbeatAt();
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_KeeperIsHeard.selector, heardAt));
        authority.announceTakeOver(first);
        silence(STALE);
        vm.expectEmit(address(authority));
        emit IAuthority.TakeOverAnnounced(8, first);
        vm.prank(courier);
        authority.announceTakeOver(first);
    }

    function test_announceTakeOver_isAtOnceWhenTheOfficeIsVacated() public {
        vm.prank(council);
        authority.vacateLeader();
        authority.announceTakeOver(first);
        expectTooEarly(firstKey, WAIT);
        vm.warp(block.timestamp + WAIT);
        takeOver(firstKey, 2);
        assertEq(authority.leader(), first);
    }

    /// @dev The change of leader counts as a heartbeat of that second.
    function test_announceTakeOver_inTheSecondOfTheVacancyCountsOnce() public {
        vm.prank(council);
        authority.vacateLeader();
        authority.announceTakeOver(first);
        uint64 announcedAt = uint64(block.timestamp);
        vm.warp(block.timestamp + 1 minutes);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_AlreadyAnnounced.selector, announcedAt));
        authority.announceTakeOver(first);
    }

    function test_announceTakeOver_revertsIfNotListed() public {
        silence(STALE);
        proposeStandby(alice);
        address[3] memory others = [alice, bob, leader];
        for (uint256 i = 0; i < others.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotStandby.selector, others[i]));
            authority.announceTakeOver(others[i]);
        }
    }

    /// @dev Or anybody could start a standby's five minutes again and again.
    function test_announceTakeOver_revertsIfAnnouncedSinceTheHeartbeat() public {
        silence(STALE);
        uint64 announcedAt = uint64(block.timestamp);
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + WAIT - 1);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_AlreadyAnnounced.selector, announcedAt));
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + 1);
        takeOver(firstKey, 2);
    }

    /// @dev Standing still, not starting again: nine minutes before and six after a pause of three days.
    function test_announceTakeOver_countsNoPausedSecondAsSilence() public {
        silence(9 minutes);
        pause();
        vm.warp(block.timestamp + 3 days);
        vm.expectPartialRevert(IAuthority.Authority_KeeperIsHeard.selector);
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + 6 minutes - 1);
        vm.expectPartialRevert(IAuthority.Authority_KeeperIsHeard.selector);
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + 1);
        authority.announceTakeOver(first);
    }

    // ---------------------------------------------------------------- taking over

    function test_takeOver_makesTheStandbyTheLeader() public {
        becomeReady(first);
        bytes32 tip = authority.tip();
        AcceptLeader memory message = AcceptLeader(first, 2, tip);
        Pair memory pair = signTakeOver(firstKey, message);
        vm.expectEmit(address(authority));
        emit IAuthority.StandbyChanged(9, first, false);
        vm.expectEmit(address(authority));
        emit IAuthority.LeaderChanged(10, first, 2, tip);
        vm.prank(courier);
        authority.takeOver(message, pair.enclave, pair.leader);
        assertEq(authority.leader(), first);
        assertEq(authority.epoch(), 2);
        assertEq(authority.heartbeatAt(), block.timestamp, "it has time to be heard");
        assertFalse(isListed(first));
        assertEq(authority.standbyCount(), 1);
    }

    function test_takeOver_countsInTheVaultAtOnce() public {
        deposit(alice, 10);
        Withdrawal memory withdrawal = withdrawalOf(alice, 10, 1);
        withdrawal.deadline += 1 days;
        Pair memory old = signBoth(withdrawal);
        becomeReady(first);
        takeOver(firstKey, 2);
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector);
        submit(withdrawal, old);

        vm.warp(block.timestamp + 60);
        (, uint64 checkpoint,,) = registry.newestRoot();
        ExitRoots memory roots = rootsOf(checkpoint);
        roots.epoch = 2;
        leaderKey = firstKey;
        post(roots, registry.count());
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(withdrawal, old);
        withdraw(withdrawal);
        assertEq(token.balanceOf(alice), 10);
    }

    function test_takeOver_revertsBeforeFiveMinutes() public {
        silence(STALE);
        expectNoTakeOver(firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_NotAnnounced.selector));
        authority.announceTakeOver(first);
        expectTooEarly(firstKey, WAIT);
        vm.warp(block.timestamp + WAIT - 1);
        expectTooEarly(firstKey, 1);
        vm.warp(block.timestamp + 1);
        takeOver(firstKey, 2);
    }

    function test_takeOver_revertsIfTheKeeperIsHeardInBetween() public {
        silence(STALE);
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + WAIT - 1);
        keepAlive();
        vm.warp(block.timestamp + 1);
        expectNoTakeOver(firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_NotAnnounced.selector));
    }

    /// @dev Or the next silence would find the five minutes already over.
    function test_takeOver_revertsIfTheAnnouncementIsFromAnEarlierSilence() public {
        silence(STALE);
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + 1);
        keepAlive();
        silence(30 days);
        expectNoTakeOver(firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_NotAnnounced.selector));
        authority.announceTakeOver(first);
        expectTooEarly(firstKey, WAIT);
    }

    function test_takeOver_revertsIfTheAnnouncementIsFromBeforeTheOfficeWasVacated() public {
        silence(STALE);
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + WAIT);
        vm.prank(council);
        authority.vacateLeader();
        expectNoTakeOver(firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_NotAnnounced.selector));
    }

    /// @dev A root that was signed before the announcement and kept counts from when it was signed.
    function test_takeOver_isNotHeldUpByOldRootsThatSomebodyKept() public {
        uint256 heardAt = authority.heartbeatAt();
        (, uint64 checkpoint,,) = registry.newestRoot();
        vm.warp(heardAt + 60);
        ExitRoots memory kept = rootsOf(checkpoint + 1);
        uint256 processed = registry.count();
        silence(STALE);
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + WAIT);
        post(kept, uint64(processed));
        assertEq(authority.heartbeatAt(), heardAt + 60);
        expectTooEarly(firstKey, 60);
        vm.warp(block.timestamp + 60);
        takeOver(firstKey, 2);
    }

    function test_takeOver_standsStillWhilePaused() public {
        silence(STALE);
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + 4 minutes);
        vm.prank(guardian);
        authority.pause();
        expectNoTakeOver(
            firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_Paused.selector, authority.pausedUntil())
        );
        vm.warp(authority.pausedUntil());
        expectTooEarly(firstKey, 1 minutes);
        vm.warp(block.timestamp + 1 minutes);
        takeOver(firstKey, 2);
    }

    function test_takeOver_revertsWhilePausedHoweverLongItWaited() public {
        becomeReady(first);
        pause();
        expectNoTakeOver(
            firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_Paused.selector, authority.pausedUntil())
        );
        vm.prank(council);
        authority.unpause();
        takeOver(firstKey, 2);
    }

    /// @dev Each costs the second that it lasts.
    function test_takeOver_isNotHeldUpByPausesOfASecond() public {
        silence(STALE);
        authority.announceTakeOver(first);
        uint256 announcedAt = block.timestamp;
        for (uint256 i = 1; i <= 10; i++) {
            vm.warp(announcedAt + i * 30 - 1);
            pause();
            vm.warp(block.timestamp + 1);
            vm.prank(council);
            authority.unpause();
        }
        expectTooEarly(firstKey, 10);
        vm.warp(block.timestamp + 10);
        takeOver(firstKey, 2);
    }

    function test_takeOver_revertsIfTheEpochDoesNotGrowOrJumps() public {
        becomeReady(first);
        uint64[3] memory bad = [0, 1, uint64(1 << 32) + 2];
        for (uint256 i = 0; i < bad.length; i++) {
            expectNoTakeOver(
                firstKey, bad[i], abi.encodeWithSelector(IAuthority.Authority_EpochNotGrowing.selector, bad[i], 1)
            );
        }
        takeOver(firstKey, uint64(1 << 32) + 1);
    }

    function test_takeOver_revertsWithoutBothSignatures() public {
        becomeReady(first);
        AcceptLeader memory message = AcceptLeader(first, 2, authority.tip());
        Pair memory pair = signTakeOver(firstKey, message);
        expectNotBoth(message, pair.leader, pair.leader);
        expectNotBoth(message, pair.enclave, pair.enclave);
        expectNotBoth(message, pair.leader, pair.enclave);
        expectNotBoth(message, malleated(pair.enclave), pair.leader);
        expectNotBoth(message, pair.enclave, compacted(pair.leader));
        expectNotBoth(message, "", pair.leader);
        bytes32 digest = digestOf(authorityDomain(), message);
        expectNotBoth(message, pair.enclave, signed(leaderKey, digest));
        expectNotBoth(message, pair.enclave, signed(secondKey, digest));
        authority.takeOver(message, pair.enclave, pair.leader);
    }

    function test_takeOver_revertsIfSignedForAnotherChainOrContract() public {
        becomeReady(first);
        AcceptLeader memory message = AcceptLeader(first, 2, authority.tip());
        Domain memory domain = authorityDomain();
        domain.chainId = 10;
        bytes32 digest = digestOf(domain, message);
        expectNotBoth(message, signed(enclaveKey, digest), signed(firstKey, digest));
        domain = authorityDomain();
        domain.at = address(checkpointer);
        digest = digestOf(domain, message);
        expectNotBoth(message, signed(enclaveKey, digest), signed(firstKey, digest));
    }

    function test_takeOver_revertsIfTheCandidateBecameTheEnclaveKey() public {
        vm.prank(slowGovernor);
        authority.changeEnclave(first);
        enclaveKey = firstKey;
        becomeReady(first);
        expectNoTakeOver(firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_EnclaveCannotLead.selector, first));
    }

    function test_takeOver_revertsIfTwice() public {
        becomeReady(first);
        AcceptLeader memory message = AcceptLeader(first, 2, authority.tip());
        Pair memory pair = signTakeOver(firstKey, message);
        authority.takeOver(message, pair.enclave, pair.leader);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotStandby.selector, first));
        authority.takeOver(message, pair.enclave, pair.leader);
    }

    // ---------------------------------------------------------------- where it goes on from

    function test_takeOver_revertsIfTheTipIsNotTheNewestCheckpoint() public {
        land(1);
        becomeReady(first);
        bytes32 tip = authority.tip();
        (, bytes32 digest) = checkpointer.tip();
        assertEq(tip, digest);
        AcceptLeader memory message = AcceptLeader(first, 2, 0);
        Pair memory pair = signTakeOver(firstKey, message);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_WrongTip.selector, 0, tip));
        authority.takeOver(message, pair.enclave, pair.leader);
        takeOver(firstKey, 2);
    }

    /// @dev Whichever lands first: the takeover is signed for the checkpoint before, or the checkpoint for the epoch before.
    function test_attack_takeOverWhileACheckpointIsInTheMempool() public {
        land(1);
        becomeReady(first);
        AcceptLeader memory message = AcceptLeader(first, 2, authority.tip());
        Pair memory pair = signTakeOver(firstKey, message);
        uint256 before = vm.snapshotState();

        land(2);
        bytes32 tip = authority.tip();
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_WrongTip.selector, message.expectedTip, tip));
        authority.takeOver(message, pair.enclave, pair.leader);
        takeOver(firstKey, 2);

        assertTrue(vm.revertToState(before));
        authority.takeOver(message, pair.enclave, pair.leader);
        (Checkpoint memory late, Pair memory latePair) = signCheckpoint(2);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointer.Checkpointer_WrongEpoch.selector, 1, 2));
        checkpointer.checkpoint(late, "", new Withdrawal[](0), new bytes[](0), latePair.enclave, latePair.leader);
    }

    function test_tip_awayFromHomeIsTheNewestRoot() public {
        AuthorityGenesis memory genesis = authorityGenesis(address(registry), address(0));
        Authority away = new Authority(genesis);
        (uint64 epoch, uint64 number,,) = registry.newestRoot();
        (bytes32 treeRoot, uint64 processedIndex) = registry.newestTree();
        assertEq(away.tip(), keccak256(abi.encode(epoch, number, treeRoot, processedIndex)));
        bytes32 before = away.tip();
        vm.warp(block.timestamp + 1);
        keepAlive();
        assertNotEq(away.tip(), before);
        land(1);
        assertNotEq(away.tip(), authority.tip());
    }

    // ---------------------------------------------------------------- others at the same time

    function test_attack_twoStandbysRacing() public {
        silence(STALE);
        authority.announceTakeOver(first);
        authority.announceTakeOver(second);
        vm.warp(block.timestamp + WAIT);
        takeOver(secondKey, 2);
        assertEq(authority.leader(), second);
        expectNoTakeOver(firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_EpochNotGrowing.selector, 2, 2));
        expectNoTakeOver(firstKey, 3, abi.encodeWithSelector(IAuthority.Authority_NotAnnounced.selector));
        silence(STALE - 1);
        vm.expectPartialRevert(IAuthority.Authority_KeeperIsHeard.selector);
        authority.announceTakeOver(first);
    }

    /// @dev One that announces again and again moves its own five minutes, and nobody else's.
    function test_attack_aStandbyHoldsUpNoOther() public {
        silence(STALE);
        authority.announceTakeOver(first);
        for (uint256 i = 0; i < 5; i++) {
            vm.warp(block.timestamp + 1 minutes);
            if (i == 0) authority.announceTakeOver(second);
        }
        takeOver(firstKey, 2);
        assertEq(authority.leader(), first);
    }

    /// @dev While a sequencer stands still no heartbeat lands. In its first block both standbys announce; the leader, who
    /// never stopped, is heard within five minutes.
    function test_attack_sequencerOutageAndTwoStandbys() public {
        silence(6 hours);
        authority.announceTakeOver(first);
        authority.announceTakeOver(second);
        vm.warp(block.timestamp + 30);
        keepAlive();
        vm.warp(block.timestamp + 1 hours);
        expectNoTakeOver(firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_NotAnnounced.selector));
        expectNoTakeOver(secondKey, 2, abi.encodeWithSelector(IAuthority.Authority_NotAnnounced.selector));
        assertEq(authority.leader(), leader);
    }

    /// @dev And when the leader is gone: one takes over, the other begins anew with him.
    function test_attack_sequencerOutageAndALeaderWhoIsGone() public {
        silence(6 hours);
        authority.announceTakeOver(first);
        authority.announceTakeOver(second);
        vm.warp(block.timestamp + WAIT);
        takeOver(firstKey, 2);
        expectNoTakeOver(secondKey, 3, abi.encodeWithSelector(IAuthority.Authority_NotAnnounced.selector));
        becomeReady(second);
        takeOver(secondKey, 3);
        assertEq(authority.leader(), second);
        assertEq(authority.standbyCount(), 0);
    }

    /// @dev A pause stops what makes the keeper heard, and so it stops the clocks too: it makes neither standbys nor the
    /// council's successor come sooner.
    function test_attack_aPauseThatFeedsStaleness() public {
        silence(1 minutes);
        vm.prank(guardian);
        authority.pause();
        vm.warp(authority.pausedUntil());
        vm.expectPartialRevert(IAuthority.Authority_KeeperIsHeard.selector);
        authority.announceTakeOver(first);
        vm.prank(council);
        authority.proposeLeader(alice, 2, "evidence");
        (,,, uint64 readyAt) = authority.proposal();
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_ProposalNotReady.selector, readyAt));
        authority.acceptLeader("");
    }

    function test_takeOver_revertsIfTheCouncilsLeaderIsAcceptedInBetween() public {
        (address next, uint256 nextKey) = makeAddrAndKey("next leader");
        vm.prank(council);
        authority.proposeLeader(next, 2, "evidence");
        silence(1 hours + 1);
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + WAIT);
        authority.acceptLeader(acceptance(nextKey, 2));
        expectNoTakeOver(firstKey, 3, abi.encodeWithSelector(IAuthority.Authority_NotAnnounced.selector));
        assertEq(authority.leader(), next);
    }

    /// @dev Epochs grow strictly, whoever sets them.
    function test_acceptLeader_revertsIfAStandbyReachedItsEpoch() public {
        (address next, uint256 nextKey) = makeAddrAndKey("next leader");
        vm.prank(council);
        authority.proposeLeader(next, 2, "evidence");
        becomeReady(first);
        takeOver(firstKey, 2);
        vm.warp(block.timestamp + 24 hours);
        bytes memory signature = acceptance(nextKey, 2);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_EpochNotGrowing.selector, 2, 2));
        authority.acceptLeader(signature);
    }

    function test_acceptLeader_waitsForItsDelayAfterATakeOver() public {
        (address next, uint256 nextKey) = makeAddrAndKey("next leader");
        silence(1 hours);
        vm.prank(council);
        authority.proposeLeader(next, 9, "evidence");
        (,,, uint64 readyAt) = authority.proposal();
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + WAIT);
        takeOver(firstKey, 2);
        bytes memory signature = acceptance(nextKey, 9);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_ProposalNotReady.selector, readyAt));
        authority.acceptLeader(signature);
        vm.warp(readyAt);
        authority.acceptLeader(signature);
        assertEq(authority.leader(), next);
    }

    /// @dev Against an account by hand: whatever heartbeats, pauses and announcements come, nobody takes over before the
    /// keeper has been silent for 20 minutes without pauses.
    function testFuzz_takeOver_neverBeforeTwentyMinutesOfSilence(uint16[16] memory waits, uint8[16] memory acts)
        public
    {
        uint256 silent;
        for (uint256 i = 0; i < waits.length; i++) {
            uint256 wait = waits[i] % 12 minutes;
            if (!authority.paused()) silent += wait;
            vm.warp(block.timestamp + wait);
            uint256 act = acts[i] % 8;
            if (act == 0 && wait != 0) {
                keepAlive();
                silent = 0;
            } else if (act == 1) {
                vm.startPrank(council);
                if (authority.paused()) authority.unpause();
                else authority.pause();
                vm.stopPrank();
            } else if (act < 5) {
                try authority.announceTakeOver(first) {} catch {}
            } else {
                AcceptLeader memory message = AcceptLeader(first, 2, authority.tip());
                Pair memory pair = signTakeOver(firstKey, message);
                try authority.takeOver(message, pair.enclave, pair.leader) {
                    assertGe(silent, STALE + WAIT);
                    assertFalse(authority.paused());
                    return;
                } catch {}
            }
        }
    }

    // ---------------------------------------------------------------- helpers

    function keepAliveAt(uint256 time) private {
        vm.warp(time);
        keepAlive();
    }

    function expectNotBoth(AcceptLeader memory message, bytes memory a, bytes memory b) private {
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        authority.takeOver(message, a, b);
    }

    function land(uint64 number) private {
        (Checkpoint memory next, Pair memory pair) = signCheckpoint(number);
        checkpointer.checkpoint(next, "", new Withdrawal[](0), new bytes[](0), pair.enclave, pair.leader);
    }

    function signCheckpoint(uint64 number) private view returns (Checkpoint memory next, Pair memory pair) {
        (, bytes32 parent) = checkpointer.tip();
        bytes32 nothing = keccak256(abi.encode(new bytes[](0)));
        next = Checkpoint(number, EPOCH, parent, "state", keccak256(""), nothing, nothing, number);
        pair = signBoth(digestOf(checkpointerDomain(), next));
    }
}
