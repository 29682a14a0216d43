// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Authority} from "../../src/Authority.sol";
import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {Signatures} from "../../src/libraries/Signatures.sol";
import {AuthorityGenesis} from "../../src/types/Listings.sol";
import {AcceptLeader, Withdrawal} from "../../src/types/Messages.sol";
import {VaultTest} from "../support/VaultTest.sol";

contract AuthorityTest is VaultTest {
    address private _next;
    uint256 private _nextKey;

    function setUp() public override {
        super.setUp();
        (_next, _nextKey) = makeAddrAndKey("next leader");
    }

    // ---------------------------------------------------------------- genesis

    function test_constructor_namesEverybodyInTheLog() public {
        vm.recordLogs();
        deployProtocol();
        assertReplays(address(authority), vm.getRecordedLogs());
        assertEq(authority.count(), 2, "enclave and one guardian");
        assertEq(authority.council(), council);
        assertEq(authority.governor(), governor);
        assertEq(authority.enclave(), enclave);
        (bool listed, bool armed) = authority.guardian(guardian);
        assertTrue(listed && armed);
    }

    /// @dev Whatever the vault says: nobody was silent before there was anybody.
    function test_constructor_countsSilenceFromTheDeploymentOn() public {
        vm.mockCall(address(registry), abi.encodeCall(registry.heartbeatAt, ()), abi.encode(0));
        vm.warp(START + 5);
        assertEq(newAuthority(24 hours, 15 minutes).heartbeatAt(), START + 5);
    }

    function test_constructor_revertsIfDelaysAreShort() public {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_DelayTooShort.selector, 24 hours - 1, 24 hours));
        newAuthority(24 hours - 1, 15 minutes);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_DelayTooShort.selector, 899, 15 minutes));
        newAuthority(24 hours, 15 minutes - 1);
    }

    function test_constructor_takesShortDelaysOnDevelopmentChainsOnly() public {
        vm.chainId(31337);
        assertEq(newAuthority(0, 0).leaderDelay(), 0);
        vm.chainId(31338);
        assertEq(newAuthority(1, 2).staleAfter(), 2);
        vm.chainId(31339);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_DelayTooShort.selector, 0, 24 hours));
        newAuthority(0, 0);
    }

    function test_constructor_revertsIfAnAddressIsZero() public {
        for (uint256 i = 0; i < 6; i++) {
            AuthorityGenesis memory genesis = authorityGenesis(address(registry), address(checkpointer));
            if (i == 0) genesis.council = address(0);
            if (i == 1) genesis.governor = address(0);
            if (i == 2) genesis.slowGovernor = address(0);
            if (i == 3) genesis.registry = address(0);
            if (i == 4) genesis.enclave = address(0);
            if (i == 5) genesis.guardians[0] = address(0);
            vm.expectRevert(IAuthority.Authority_ZeroAddress.selector);
            this.newAuthority(genesis);
        }
    }

    // ---------------------------------------------------------------- leader

    function test_proposeLeader_alwaysNamesATimeADayAhead() public {
        vm.expectEmit(address(authority));
        emit IAuthority.LeaderProposed(4, _next, 2, "evidence", uint64(block.timestamp + 24 hours));
        propose(_next, 2);
        vm.warp(block.timestamp + 30 days);
        vm.expectEmit(address(authority));
        emit IAuthority.LeaderProposed(6, _next, 3, "evidence", uint64(block.timestamp + 24 hours));
        propose(_next, 3);
    }

    function test_proposeLeader_cancelsTheProposalBefore() public {
        propose(_next, 2);
        vm.expectEmit(address(authority));
        emit IAuthority.ProposalCancelled(5, _next, 2);
        propose(alice, 3);
        (address candidate, uint64 epoch,,) = authority.proposal();
        assertEq(candidate, alice);
        assertEq(epoch, 3);
    }

    function test_proposeLeader_revertsIfNotCouncil() public {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotCouncil.selector, governor));
        vm.prank(governor);
        authority.proposeLeader(_next, 2, "evidence");
    }

    function test_proposeLeader_revertsIfEpochDoesNotGrow() public {
        vm.startPrank(council);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_EpochNotGrowing.selector, 1, 1));
        authority.proposeLeader(_next, 1, "evidence");
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_EpochNotGrowing.selector, 0, 1));
        authority.proposeLeader(_next, 0, "evidence");
    }

    function test_proposeLeader_revertsIfEpochLeavesNoneForOthers() public {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_EpochNotGrowing.selector, type(uint64).max, 1));
        propose(_next, type(uint64).max);
    }

    function test_proposeLeader_revertsIfCandidateIsTheEnclaveKey() public {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_EnclaveCannotLead.selector, enclave));
        propose(enclave, 2);
    }

    function test_proposeLeader_revertsIfCandidateIsZero() public {
        vm.expectRevert(IAuthority.Authority_ZeroAddress.selector);
        propose(address(0), 2);
    }

    function test_acceptLeader_changesLeaderAndEpoch() public {
        propose(_next, 7);
        vm.warp(block.timestamp + 24 hours);
        bytes memory signature = acceptance(_nextKey, 7);
        vm.expectEmit(address(authority));
        emit IAuthority.LeaderChanged(5, _next, 7, 0);
        vm.prank(courier);
        authority.acceptLeader(signature);

        (address enclave_, address leader_, uint64 epoch, bool paused) = authority.signers();
        assertEq(enclave_, enclave);
        assertEq(leader_, _next);
        assertEq(epoch, 7);
        assertFalse(paused);
        assertEq(authority.heartbeatAt(), block.timestamp, "a new leader has time to post its first root");
        (address candidate,,,) = authority.proposal();
        assertEq(candidate, address(0));
    }

    function test_acceptLeader_revertsIfTooEarly() public {
        propose(_next, 2);
        (,,, uint64 readyAt) = authority.proposal();
        bytes memory signature = acceptance(_nextKey, 2);
        vm.warp(readyAt - 1);
        keepAlive();
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_ProposalNotReady.selector, readyAt));
        authority.acceptLeader(signature);
        vm.warp(readyAt);
        authority.acceptLeader(signature);
    }

    function test_acceptLeader_isAtOnceForTheFirstLeaderEver() public {
        deployProtocol();
        propose(leader, 1);
        authority.acceptLeader(acceptance(leaderKey, 1));
        assertEq(authority.leader(), leader);
    }

    function test_acceptLeader_isAtOnceWhenTheKeeperWasSilentForAnHour() public {
        uint256 heartbeat = authority.heartbeatAt();
        propose(_next, 2);
        vm.warp(heartbeat + 1 hours);
        expectNotReady();
        vm.warp(heartbeat + 1 hours + 1);
        authority.acceptLeader(acceptance(_nextKey, 2));
        assertEq(authority.leader(), _next);
    }

    function test_acceptLeader_waitsAfterTheOfficeWasVacatedHoweverLongTheSilence() public {
        vm.prank(council);
        authority.vacateLeader();
        propose(_next, 2);
        expectNotReady();
        vm.warp(block.timestamp + 30 days);
        propose(_next, 2);
        expectNotReady();
    }

    function test_acceptLeader_waitsWhenTheKeeperIsBackAfterASilence() public {
        vm.warp(authority.heartbeatAt() + 1 hours + 1);
        propose(_next, 2);
        keepAlive();
        expectNotReady();
    }

    function test_acceptLeader_waitsWhenAPauseFollowsAProposalMadeInSilence() public {
        vm.warp(authority.heartbeatAt() + 1 hours + 1);
        propose(_next, 2);
        vm.prank(guardian);
        authority.pause();
        expectNotReady();
    }

    function test_acceptLeader_doesNotCountAPauseAsSilence() public {
        pause();
        vm.warp(block.timestamp + 3 days);
        assertFalse(authority.paused());
        propose(_next, 2);
        vm.warp(block.timestamp + 1 hours);
        expectNotReady();
        vm.warp(block.timestamp + 1);
        authority.acceptLeader(acceptance(_nextKey, 2));
        assertEq(authority.leader(), _next);
    }

    /// @dev With a silence that counted from the last pause's end, this would hold up the successor for ever.
    function test_acceptLeader_isNotHeldUpByPausesOfASecond() public {
        uint256 heartbeat = authority.heartbeatAt();
        propose(_next, 2);
        for (uint256 i = 1; i <= 12; i++) {
            vm.warp(heartbeat + i * 5 minutes - 1);
            pause();
            vm.warp(block.timestamp + 1);
            vm.prank(council);
            authority.unpause();
        }
        vm.warp(heartbeat + 1 hours + 12);
        expectNotReady();
        vm.warp(block.timestamp + 1);
        authority.acceptLeader(acceptance(_nextKey, 2));
        assertEq(authority.leader(), _next);
    }

    /// @dev The delay is time to object, which a pause does not take away: rotating within a pause is what it is for.
    function test_acceptLeader_countsPausedTimeTowardsTheDelay() public {
        propose(_next, 2);
        pause();
        vm.warp(block.timestamp + 24 hours);
        assertTrue(authority.paused());
        authority.acceptLeader(acceptance(_nextKey, 2));
        assertEq(authority.leader(), _next);
    }

    function test_acceptLeader_revertsIfTheProposalHasLapsed() public {
        propose(_next, 2);
        (,,, uint64 readyAt) = authority.proposal();
        bytes memory signature = acceptance(_nextKey, 2);
        uint256 before = vm.snapshotState();
        vm.warp(readyAt + 7 days);
        authority.acceptLeader(signature);
        assertTrue(vm.revertToState(before));
        vm.warp(readyAt + 7 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_ProposalLapsed.selector, readyAt + 7 days));
        authority.acceptLeader(signature);
    }

    function test_acceptLeader_revertsIfAProposalMadeInSilenceHasLainForMonths() public {
        vm.warp(authority.heartbeatAt() + 1 hours + 1);
        propose(_next, 2);
        vm.warp(block.timestamp + 90 days);
        bytes memory signature = acceptance(_nextKey, 2);
        vm.expectPartialRevert(IAuthority.Authority_ProposalLapsed.selector);
        authority.acceptLeader(signature);
    }

    function test_acceptLeader_revertsIfTwice() public {
        propose(_next, 2);
        vm.warp(block.timestamp + 24 hours);
        bytes memory signature = acceptance(_nextKey, 2);
        authority.acceptLeader(signature);
        vm.expectRevert(IAuthority.Authority_NoProposal.selector);
        authority.acceptLeader(signature);
    }

    function test_acceptLeader_revertsIfNotTheCandidatesSignature() public {
        propose(_next, 2);
        vm.warp(block.timestamp + 24 hours);
        bytes32 digest = digestOf(authorityDomain(), AcceptLeader(_next, 2, 0));
        expectNotSigned(signed(leaderKey, digest), leader);
        expectNotSigned(malleated(signed(_nextKey, digest)), address(0));
        expectNotSigned(compacted(signed(_nextKey, digest)), address(0));
        expectNotSigned("", address(0));
    }

    function test_acceptLeader_revertsIfSignedForSomethingElse() public {
        propose(_next, 2);
        vm.warp(block.timestamp + 24 hours);
        Domain memory domain = authorityDomain();
        expectRefused(domain, AcceptLeader(_next, 3, 0));
        expectRefused(domain, AcceptLeader(_next, 2, "tip"));
        expectRefused(domain, AcceptLeader(alice, 2, 0));
        domain.chainId = 10;
        expectRefused(domain, AcceptLeader(_next, 2, 0));
        domain = authorityDomain();
        domain.at = address(registry);
        expectRefused(domain, AcceptLeader(_next, 2, 0));
        domain = authorityDomain();
        domain.name = "MyrtleWyckoff DepositRegistry";
        expectRefused(domain, AcceptLeader(_next, 2, 0));
    }

    function test_cancelProposal_leavesNothingToAccept() public {
        propose(_next, 2);
        vm.expectEmit(address(authority));
        emit IAuthority.ProposalCancelled(5, _next, 2);
        vm.prank(council);
        authority.cancelProposal();
        vm.warp(block.timestamp + 24 hours);
        bytes memory signature = acceptance(_nextKey, 2);
        vm.expectRevert(IAuthority.Authority_NoProposal.selector);
        authority.acceptLeader(signature);
    }

    function test_cancelProposal_revertsIfNoneOrNotCouncil() public {
        vm.expectRevert(IAuthority.Authority_NoProposal.selector);
        vm.prank(council);
        authority.cancelProposal();
        propose(_next, 2);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotCouncil.selector, _next));
        vm.prank(_next);
        authority.cancelProposal();
    }

    function test_vacateLeader_keepsTheEpoch() public {
        vm.expectEmit(address(authority));
        emit IAuthority.LeaderChanged(4, address(0), 1, 0);
        vm.prank(council);
        authority.vacateLeader();
        assertEq(authority.leader(), address(0));
        assertEq(authority.epoch(), 1);
    }

    function test_vacateLeader_revertsIfVacantOrNotCouncil() public {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotCouncil.selector, guardian));
        vm.prank(guardian);
        authority.vacateLeader();
        vm.startPrank(council);
        authority.vacateLeader();
        vm.expectRevert(IAuthority.Authority_NoLeader.selector);
        authority.vacateLeader();
    }

    // ---------------------------------------------------------------- heartbeat

    function test_heartbeatAt_isTheNewestRootsTimeOfSigning() public {
        vm.warp(block.timestamp + 100);
        postRoot(1);
        uint256 signedAt = block.timestamp;
        vm.warp(block.timestamp + 50);
        assertEq(authority.heartbeatAt(), signedAt);
    }

    function test_heartbeatAt_startsAtDeploymentAndAtAChangeOfLeader() public {
        vm.warp(block.timestamp + 5 days);
        deployProtocol();
        assertEq(authority.heartbeatAt(), block.timestamp);
        vm.warp(block.timestamp + 5 days);
        appointLeader(leaderKey, 1);
        assertEq(authority.heartbeatAt(), block.timestamp);
        vm.prank(council);
        authority.vacateLeader();
        assertEq(authority.heartbeatAt(), block.timestamp);
    }

    // ---------------------------------------------------------------- enclave

    function test_changeEnclave_isTheSlowGovernors() public {
        vm.expectEmit(address(authority));
        emit IAuthority.EnclaveChanged(4, alice);
        vm.prank(slowGovernor);
        authority.changeEnclave(alice);
        assertEq(authority.enclave(), alice);
        for (uint256 i = 0; i < 2; i++) {
            address caller = i == 0 ? council : governor;
            vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotSlowGovernor.selector, caller));
            vm.prank(caller);
            authority.changeEnclave(bob);
        }
        vm.expectRevert(IAuthority.Authority_ZeroAddress.selector);
        vm.prank(slowGovernor);
        authority.changeEnclave(address(0));
    }

    function test_changeEnclave_countsInTheVaultAtOnce() public {
        deposit(alice, 10);
        reachRoot(1);
        Withdrawal memory withdrawal = withdrawalOf(alice, 10, 1);
        Pair memory old = signBoth(withdrawal);
        (enclave, enclaveKey) = makeAddrAndKey("next enclave");
        vm.prank(slowGovernor);
        authority.changeEnclave(enclave);
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(withdrawal, old);
        withdraw(withdrawal);
        assertEq(token.balanceOf(alice), 10);
    }

    function test_enclaveAndLeader_canNeverBeOneKey() public {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_EnclaveCannotLead.selector, leader));
        vm.prank(slowGovernor);
        authority.changeEnclave(leader);

        propose(_next, 2);
        vm.prank(slowGovernor);
        authority.changeEnclave(_next);
        vm.warp(block.timestamp + 24 hours);
        bytes memory signature = acceptance(_nextKey, 2);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_EnclaveCannotLead.selector, _next));
        authority.acceptLeader(signature);
    }

    // ---------------------------------------------------------------- helpers

    function newAuthority(uint64 leaderDelay, uint64 staleAfter) private returns (Authority) {
        AuthorityGenesis memory genesis = authorityGenesis(address(registry), address(checkpointer));
        (genesis.leaderDelay, genesis.staleAfter) = (leaderDelay, staleAfter);
        return this.newAuthority(genesis);
    }

    /// @dev External: with contracts that are loaded from their artifacts, a constructor that reverts ends the test.
    function newAuthority(AuthorityGenesis calldata genesis) external returns (Authority) {
        return new Authority(genesis);
    }

    function propose(address candidate, uint64 epoch) private {
        vm.prank(council);
        authority.proposeLeader(candidate, epoch, "evidence");
    }

    function keepAlive() private {
        (, uint64 checkpoint,,) = registry.newestRoot();
        postRoot(checkpoint + 1);
    }

    function expectNotReady() private {
        (,,, uint64 readyAt) = authority.proposal();
        bytes memory signature = acceptance(_nextKey, 2);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_ProposalNotReady.selector, readyAt));
        authority.acceptLeader(signature);
    }

    function expectNotSigned(bytes memory signature, address recovered) private {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotSignedByCandidate.selector, recovered));
        authority.acceptLeader(signature);
    }

    function expectRefused(Domain memory domain, AcceptLeader memory acceptance_) private {
        bytes memory signature = signed(_nextKey, digestOf(domain, acceptance_));
        vm.expectPartialRevert(IAuthority.Authority_NotSignedByCandidate.selector);
        authority.acceptLeader(signature);
    }
}
