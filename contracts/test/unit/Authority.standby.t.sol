// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {AcceptLeader, AcceptStandby} from "../../src/types/Messages.sol";
import {StandbyTest} from "../support/StandbyTest.sol";

contract AuthorityStandbyTest is StandbyTest {
    function test_proposeStandby_namesATimeADayAhead() public {
        uint64 readyAt = uint64(block.timestamp + 24 hours);
        vm.expectEmit(address(authority));
        emit IAuthority.StandbyProposed(4, first, EVIDENCE, readyAt);
        proposeStandby(first);
        (bytes32 evidence, uint64 ready, uint64 announcedAt, bool listed) = authority.standby(first);
        assertEq(evidence, EVIDENCE);
        assertEq(ready, readyAt);
        assertEq(announcedAt, 0);
        assertFalse(listed);
    }

    function test_proposeStandby_revertsIfNotCouncil() public {
        address[3] memory others = [governor, guardian, first];
        for (uint256 i = 0; i < others.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotCouncil.selector, others[i]));
            vm.prank(others[i]);
            authority.proposeStandby(first, EVIDENCE);
        }
    }

    function test_proposeStandby_revertsIfTheCandidateCannotStandBy() public {
        vm.startPrank(council);
        vm.expectRevert(IAuthority.Authority_ZeroAddress.selector);
        authority.proposeStandby(address(0), EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_EnclaveCannotLead.selector, enclave));
        authority.proposeStandby(enclave, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_AlreadyLeads.selector, leader));
        authority.proposeStandby(leader, EVIDENCE);
        vm.stopPrank();
        listStandby(firstKey);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_AlreadyStandby.selector, first));
        proposeStandby(first);
    }

    function test_proposeStandby_replacesAProposalOfTheSameCandidate() public {
        proposeStandby(first);
        vm.warp(block.timestamp + 23 hours);
        proposeStandby(first);
        vm.warp(block.timestamp + 1 hours);
        expectNotReady(uint64(block.timestamp + 23 hours));
    }

    function test_acceptStandby_lists() public {
        proposeStandby(first);
        vm.warp(block.timestamp + 24 hours);
        bytes memory signature = standbyAcceptance(firstKey);
        vm.expectEmit(address(authority));
        emit IAuthority.StandbyChanged(5, first, true);
        vm.prank(courier);
        authority.acceptStandby(first, signature);
        assertTrue(isListed(first));
        assertEq(authority.standbyCount(), 1);
    }

    function test_acceptStandby_waitsADayHoweverLongTheSilence() public {
        vm.warp(block.timestamp + 30 days);
        proposeStandby(first);
        uint64 readyAt = uint64(block.timestamp + 24 hours);
        expectNotReady(readyAt);
        vm.prank(council);
        authority.vacateLeader();
        vm.warp(readyAt - 1);
        expectNotReady(readyAt);
        vm.warp(readyAt);
        authority.acceptStandby(first, standbyAcceptance(firstKey));
    }

    function test_acceptStandby_waitsADayBeforeTheFirstLeaderToo() public {
        deployProtocol();
        proposeStandby(first);
        expectNotReady(uint64(block.timestamp + 24 hours));
    }

    function test_acceptStandby_revertsIfLapsed() public {
        proposeStandby(first);
        uint64 lapsesAt = uint64(block.timestamp + 24 hours + 7 days);
        bytes memory signature = standbyAcceptance(firstKey);
        vm.warp(lapsesAt + 1);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_ProposalLapsed.selector, lapsesAt));
        authority.acceptStandby(first, signature);
        vm.warp(lapsesAt);
        authority.acceptStandby(first, signature);
    }

    function test_acceptStandby_revertsIfNotProposedOrTwice() public {
        bytes memory signature = standbyAcceptance(firstKey);
        vm.expectRevert(IAuthority.Authority_NoProposal.selector);
        authority.acceptStandby(first, signature);
        listStandby(firstKey);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_AlreadyStandby.selector, first));
        authority.acceptStandby(first, signature);
    }

    function test_acceptStandby_revertsIfNotTheCandidatesSignature() public {
        proposeStandby(first);
        vm.warp(block.timestamp + 24 hours);
        bytes32 digest = digestOf(authorityDomain(), AcceptStandby(first, EVIDENCE));
        expectNotSigned(signed(secondKey, digest), second);
        expectNotSigned(malleated(signed(firstKey, digest)), address(0));
        expectNotSigned(compacted(signed(firstKey, digest)), address(0));
        expectNotSigned("", address(0));
    }

    function test_acceptStandby_revertsIfSignedForSomethingElse() public {
        proposeStandby(first);
        vm.warp(block.timestamp + 24 hours);
        Domain memory domain = authorityDomain();
        expectRefused(signed(firstKey, digestOf(domain, AcceptStandby(first, "other evidence"))));
        expectRefused(signed(firstKey, digestOf(domain, AcceptStandby(second, EVIDENCE))));
        expectRefused(signed(firstKey, digestOf(domain, AcceptLeader(first, 2, 0))));
        domain.chainId = 10;
        expectRefused(signed(firstKey, digestOf(domain, AcceptStandby(first, EVIDENCE))));
        domain = authorityDomain();
        domain.at = address(registry);
        expectRefused(signed(firstKey, digestOf(domain, AcceptStandby(first, EVIDENCE))));
    }

    function test_acceptStandby_revertsIfTheCandidateBecameTheEnclaveKey() public {
        proposeStandby(first);
        vm.prank(slowGovernor);
        authority.changeEnclave(first);
        vm.warp(block.timestamp + 24 hours);
        bytes memory signature = standbyAcceptance(firstKey);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_EnclaveCannotLead.selector, first));
        authority.acceptStandby(first, signature);
    }

    function test_acceptStandby_revertsIfTheListIsFull() public {
        uint256[] memory keys = new uint256[](9);
        for (uint256 i = 0; i < 9; i++) {
            keys[i] = uint256(keccak256(abi.encode("standby", i)));
            proposeStandby(vm.addr(keys[i]));
        }
        vm.warp(block.timestamp + 24 hours);
        for (uint256 i = 0; i < 8; i++) {
            authority.acceptStandby(vm.addr(keys[i]), standbyAcceptance(keys[i]));
        }
        bytes memory signature = standbyAcceptance(keys[8]);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_TooManyStandbys.selector, 8));
        authority.acceptStandby(vm.addr(keys[8]), signature);
        vm.prank(council);
        authority.removeStandby(vm.addr(keys[0]));
        authority.acceptStandby(vm.addr(keys[8]), signature);
        assertEq(authority.standbyCount(), 8);
    }

    function test_removeStandby_isAtOnceAndLeavesNothing() public {
        listStandby(firstKey);
        vm.expectEmit(address(authority));
        emit IAuthority.StandbyChanged(6, first, false);
        vm.prank(council);
        authority.removeStandby(first);
        assertEq(authority.standbyCount(), 0);
        silence(STALE);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotStandby.selector, first));
        authority.announceTakeOver(first);
        bytes memory signature = standbyAcceptance(firstKey);
        vm.expectRevert(IAuthority.Authority_NoProposal.selector);
        authority.acceptStandby(first, signature);
    }

    function test_removeStandby_takesAProposalBack() public {
        proposeStandby(first);
        vm.prank(council);
        authority.removeStandby(first);
        assertEq(authority.standbyCount(), 0);
        vm.warp(block.timestamp + 24 hours);
        bytes memory signature = standbyAcceptance(firstKey);
        vm.expectRevert(IAuthority.Authority_NoProposal.selector);
        authority.acceptStandby(first, signature);
    }

    function test_removeStandby_stopsATakeOverThatWasAnnounced() public {
        listStandby(firstKey);
        becomeReady(first);
        vm.prank(council);
        authority.removeStandby(first);
        expectNoTakeOver(firstKey, 2, abi.encodeWithSelector(IAuthority.Authority_NotStandby.selector, first));
    }

    function test_removeStandby_revertsIfStrangerOrNotCouncil() public {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotStandby.selector, first));
        vm.prank(council);
        authority.removeStandby(first);
        listStandby(firstKey);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotCouncil.selector, governor));
        vm.prank(governor);
        authority.removeStandby(first);
    }

    /// @dev Otherwise a leader whom the council vacates would be back after five minutes.
    function test_standby_whoBecomesLeaderIsListedNoMore() public {
        listStandby(firstKey);
        vm.prank(council);
        authority.proposeLeader(first, 2, "evidence");
        vm.warp(block.timestamp + 24 hours);
        authority.acceptLeader(acceptance(firstKey, 2));
        assertEq(authority.standbyCount(), 0);
        vm.prank(council);
        authority.vacateLeader();
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotStandby.selector, first));
        authority.announceTakeOver(first);
    }

    /// @dev The same with a proposal that waits while he becomes leader.
    function test_standby_whoBecomesLeaderLosesHisProposal() public {
        vm.prank(council);
        authority.proposeLeader(first, 2, "evidence");
        proposeStandby(first);
        vm.warp(block.timestamp + 24 hours);
        authority.acceptLeader(acceptance(firstKey, 2));
        vm.prank(council);
        authority.vacateLeader();
        bytes memory signature = standbyAcceptance(firstKey);
        vm.expectRevert(IAuthority.Authority_NoProposal.selector);
        authority.acceptStandby(first, signature);
    }

    function test_standby_logReplays() public {
        vm.recordLogs();
        deployProtocol();
        appointLeader(leaderKey, 1);
        proposeStandby(first);
        vm.warp(block.timestamp + 24 hours);
        authority.acceptStandby(first, standbyAcceptance(firstKey));
        authority.announceTakeOver(first);
        vm.warp(block.timestamp + WAIT);
        takeOver(firstKey, 2);
        assertReplays(address(authority), vm.getRecordedLogs());
    }

    function expectNotReady(uint64 readyAt) private {
        bytes memory signature = standbyAcceptance(firstKey);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_ProposalNotReady.selector, readyAt));
        authority.acceptStandby(first, signature);
    }

    function expectNotSigned(bytes memory signature, address recovered) private {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotSignedByCandidate.selector, recovered));
        authority.acceptStandby(first, signature);
    }

    function expectRefused(bytes memory signature) private {
        vm.expectPartialRevert(IAuthority.Authority_NotSignedByCandidate.selector);
        authority.acceptStandby(first, signature);
    }
}
