// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IExitHatch} from "../../../src/interfaces/IExitHatch.sol";
import {ExitClaim, ExitPaid, ExitTotals} from "../../../src/types/Exit.sol";
import {Absorb, Withdrawal} from "../../../src/types/Messages.sol";
import {ExitTest} from "../../support/ExitTest.sol";
import {BlocklistToken, CallbackToken, FalseReturnToken, NoReturnToken} from "../../support/OddTokens.sol";

/// @dev Alice brought 1 000 and Bob 500; by the root she may take 1 200 and he 300.
contract ClaimTest is ExitTest {
    address private _token;

    function setUp() public override {
        super.setUp();
        _token = address(token);
        deposit(alice, 1_000);
        deposit(bob, 500);
    }

    function plantTree() private {
        leaves.push(accountLeaf(keyOf(alice), _token, 200, 0));
        leaves.push(accountLeaf(keyOf(bob), _token, -200, 0));
        leaves.push(tokenLeaf(_token, 0, 0));
        postTree();
    }

    function plantAndFinalize() private {
        plantTree();
        reachFinal();
        proveTotals(_token, 0, 0);
    }

    // ---------------------------------------------------------------- what it pays

    function test_claim_paysWhatTheLeafSays() public {
        plantAndFinalize();
        ExitClaim memory claim = claimOf(alice, _token, 200, 0);
        vm.expectEmit(address(registry));
        emit IExitHatch.Claimed(keyOf(alice), _token, alice, 1_200, 0);
        vm.prank(courier);
        (uint256 share, uint256 transit) = registry.claim(claim);
        assertEq(share, 1_200);
        assertEq(transit, 0);
        assertEq(token.balanceOf(alice), 1_200);
        registry.claim(claimOf(bob, _token, -200, 0));
        assertEq(token.balanceOf(bob), 300);
        assertEq(token.balanceOf(address(registry)), 0);
    }

    /// @dev The counters are those of the keeper's time: claims are counted apart.
    function test_claim_doesNotTouchTheCounters() public {
        plantAndFinalize();
        registry.claim(claimOf(alice, _token, 200, 0));
        (uint256 deposited, uint256 withdrawn,) = registry.counters(keyOf(alice), _token);
        assertEq(deposited, 1_000);
        assertEq(withdrawn, 0);
        assertEq(registry.accounted(_token), 1_500);
        (ExitPaid memory ofKey, uint256 ofAll) = registry.claimed(keyOf(alice), _token);
        assertEq(ofKey.share, 1_200);
        assertEq(ofKey.transit, 0);
        assertEq(ofAll, 1_200);
    }

    /// @dev Nor the log: nobody is there to read it.
    function test_claim_isNoEntry() public {
        plantTree();
        reachFinal();
        (bytes32 head, uint64 count) = (registry.head(), registry.count());
        proveTotals(_token, 0, 0);
        registry.claim(claimOf(alice, _token, 200, 0));
        assertEq(registry.head(), head);
        assertEq(registry.count(), count);
        vm.recordLogs();
        registry.claim(claimOf(bob, _token, -200, 0));
        assertEq(replayed(Replay(head, count), address(registry), vm.getRecordedLogs()).count, count);
    }

    function test_claim_withoutALeafPaysWhatCameAfterTheRoot() public {
        plantTree();
        deposit(courier, 70);
        reachFinal();
        proveTotals(_token, 0, 0);
        registry.claim(bareClaimOf(courier, _token));
        assertEq(token.balanceOf(courier), 70);
        registry.claim(claimOf(alice, _token, 200, 0));
        registry.claim(claimOf(bob, _token, -200, 0));
        assertEq(token.balanceOf(address(registry)), 0);
    }

    /// @dev Attack: a deposit or a withdrawal around the root.
    function test_claim_countsDepositsAndWithdrawalsAfterTheRoot() public {
        plantTree();
        deposit(alice, 50);
        Withdrawal memory withdrawal = withdrawalOf(bob, 120, 0);
        withdraw(withdrawal);
        reachFinal();
        proveTotals(_token, 0, 0);
        registry.claim(claimOf(alice, _token, 200, 0));
        registry.claim(claimOf(bob, _token, -200, 0));
        assertEq(token.balanceOf(alice), 1_250);
        assertEq(token.balanceOf(bob), 120 + 180);
        assertEq(token.balanceOf(address(registry)), 0);
    }

    /// @dev Before any root the tree is empty, and everything counts as later than it.
    function test_claim_withoutAnyRootPaysDepositsBack() public {
        reachFinal();
        registry.claim(bareClaimOf(alice, _token));
        registry.claim(bareClaimOf(bob, _token));
        assertEq(token.balanceOf(alice), 1_000);
        assertEq(token.balanceOf(bob), 500);
    }

    function test_claim_ofATokenListedAfterTheRootNeedsNoTotals() public {
        plantTree();
        NoReturnToken odd = new NoReturnToken();
        list(address(odd));
        fund(address(odd), alice, 30);
        vm.prank(alice);
        registry.deposit(address(odd), 30, alice, 0);
        reachFinal();
        registry.claim(bareClaimOf(alice, address(odd)));
        assertEq(odd.balanceOf(alice), 30);
    }

    /// @dev The last entry that the root has taken in needs them, the next one does not.
    function test_claim_ofATokenListedInTheLastEntryOfTheRootNeedsTotals() public {
        NoReturnToken odd = new NoReturnToken();
        list(address(odd));
        plantTree();
        fund(address(odd), alice, 30);
        vm.prank(alice);
        registry.deposit(address(odd), 30, alice, 0);
        reachFinal();
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_TotalsNeeded.selector, address(odd)));
        registry.claim(bareClaimOf(alice, address(odd)));
    }

    function test_claim_paysASingleAtom() public {
        plantTree();
        deposit(courier, 1);
        reachFinal();
        proveTotals(_token, 0, 0);
        registry.claim(bareClaimOf(courier, _token));
        assertEq(token.balanceOf(courier), 1);
    }

    // ---------------------------------------------------------------- shortfall and surplus

    /// @dev What is missing is missing for everybody in proportion, whoever comes first; and when it comes, too.
    function test_claim_sharesAShortfallAndWhatComesLater() public {
        plantAndFinalize();
        deal(_token, address(registry), 1_000);
        registry.claim(claimOf(alice, _token, 200, 0));
        assertEq(token.balanceOf(alice), 800);
        token.mint(address(registry), 250);
        registry.claim(claimOf(bob, _token, -200, 0));
        assertEq(token.balanceOf(bob), 250);
        registry.claim(claimOf(alice, _token, 200, 0));
        assertEq(token.balanceOf(alice), 1_000);
        token.mint(address(registry), 250);
        registry.claim(claimOf(alice, _token, 200, 0));
        registry.claim(claimOf(bob, _token, -200, 0));
        assertEq(token.balanceOf(alice), 1_200);
        assertEq(token.balanceOf(bob), 300);
    }

    /// @dev A donation before the claims changes nothing, as long as nothing was missing and nothing was in transit.
    function test_claim_aDonationIsNobodys() public {
        plantAndFinalize();
        token.mint(address(registry), 1_000_000);
        registry.claim(claimOf(alice, _token, 200, 0));
        registry.claim(claimOf(bob, _token, -200, 0));
        assertEq(token.balanceOf(alice), 1_200);
        assertEq(token.balanceOf(bob), 300);
        expectNothingDue(alice);
        registry.claim(claimOf(alice, _token, 200, 0));
    }

    /// @dev 400 are on their way, of which Alice's share is 300 and Bob's 100.
    function test_claim_paysWhatShuttlesBringOnTop() public {
        leaves.push(accountLeaf(keyOf(alice), _token, 200, 300));
        leaves.push(accountLeaf(keyOf(bob), _token, -200, 100));
        leaves.push(tokenLeaf(_token, 0, 400));
        postTree();
        reachFinal();
        proveTotals(_token, 0, 400);
        token.mint(address(registry), 200);
        registry.claim(claimOf(alice, _token, 200, 300));
        assertEq(token.balanceOf(alice), 1_200 + 150);
        token.mint(address(registry), 400);
        registry.claim(claimOf(bob, _token, -200, 100));
        assertEq(token.balanceOf(bob), 300 + 100);
        registry.claim(claimOf(alice, _token, 200, 300));
        assertEq(token.balanceOf(alice), 1_200 + 300);
        (ExitPaid memory ofKey, uint256 ofAll) = registry.claimed(keyOf(alice), _token);
        assertEq(ofKey.share, 1_200);
        assertEq(ofKey.transit, 300);
        assertEq(ofAll, 1_900);
    }

    /// @dev What shuttles brought is owed to nobody by itself, or everybody's share would go down by it. And what claims paid
    /// is in the books still: it is not missing from what comes later.
    function test_claim_paysAllWhereShuttlesBroughtInventory() public {
        plantTree();
        absorb("before", 500);
        reachFinal();
        proveTotals(_token, 0, 0);
        registry.claim(claimOf(alice, _token, 200, 0));
        assertEq(token.balanceOf(alice), 1_200);
        absorb("after", 7);
        assertEq(registry.inventory(_token), 507);
    }

    /// @dev The second tier gets only what the first leaves.
    function test_claim_transitWaitsForTheHoldings() public {
        leaves.push(accountLeaf(keyOf(alice), _token, 200, 300));
        leaves.push(tokenLeaf(_token, 0, 300));
        postTree();
        reachFinal();
        proveTotals(_token, 0, 300);
        deal(_token, address(registry), 1_499);
        (, uint256 transit) = registry.claim(claimOf(alice, _token, 200, 300));
        assertEq(transit, 0);
        assertEq(token.balanceOf(alice), uint256(1_200) * 1_499 / 1_500);
    }

    /// @dev Of accounts that a bad tree owes less than nothing, nothing is taken; the vault pays what it has.
    function test_claim_paysWhatIsThereWhereATreePromisesMore() public {
        leaves.push(accountLeaf(keyOf(alice), _token, 500, 0));
        leaves.push(accountLeaf(keyOf(bob), _token, -600, 0));
        leaves.push(tokenLeaf(_token, -100, 0));
        postTree();
        withdraw(withdrawalOf(bob, 400, 0));
        reachFinal();
        proveTotals(_token, -100, 0);
        expectNothingDue(bob);
        registry.claim(claimOf(bob, _token, -600, 0));
        registry.claim(claimOf(alice, _token, 500, 0));
        assertEq(token.balanceOf(alice), 1_100);
        token.mint(address(registry), 1_000);
        registry.claim(claimOf(alice, _token, 500, 0));
        assertEq(token.balanceOf(alice), 1_500);
    }

    /// @dev What the share leaves is what there is for the transit.
    function test_claim_paysTheRestWhereATreePromisesMoreAndTransitToo() public {
        leaves.push(accountLeaf(keyOf(alice), _token, 200, 0));
        leaves.push(accountLeaf(keyOf(bob), _token, 0, 100));
        leaves.push(tokenLeaf(_token, 0, 100));
        postTree();
        token.mint(address(registry), 100);
        reachFinal();
        proveTotals(_token, 0, 100);
        registry.claim(claimOf(alice, _token, 200, 0));
        (uint256 share, uint256 transit) = registry.claim(claimOf(bob, _token, 0, 100));
        assertEq(share, 400);
        assertEq(transit, 0);
        assertEq(token.balanceOf(address(registry)), 0);
    }

    function test_claim_ofATreeThatOwesNothingPaysNothing() public {
        leaves.push(accountLeaf(keyOf(alice), _token, 0, 7));
        leaves.push(tokenLeaf(_token, -1_500, 0));
        postTree();
        reachFinal();
        proveTotals(_token, -1_500, 0);
        expectNothingDue(alice);
        registry.claim(claimOf(alice, _token, 0, 7));
    }

    function test_claim_ofEnormousNumbersDoesNotOverflowIntoMore() public {
        leaves.push(accountLeaf(keyOf(alice), _token, type(int256).max - 1_000, type(uint256).max));
        leaves.push(accountLeaf(keyOf(bob), _token, -200, 0));
        leaves.push(tokenLeaf(_token, type(int128).max, type(uint120).max));
        postTree();
        reachFinal();
        proveTotals(_token, type(int128).max, type(uint120).max);
        registry.claim(claimOf(alice, _token, type(int256).max - 1_000, type(uint256).max));
        assertEq(token.balanceOf(alice), 1_500);
    }

    function testFuzz_claim_sharesInProportionInAnyOrder(uint96[2] memory brought, int96 moved, uint96 held, bool first)
        public
    {
        brought = [uint96(bound(brought[0], 1, 1e28)), uint96(bound(brought[1], 1, 1e28))];
        deposit(alice, brought[0]);
        deposit(bob, brought[1]);
        (uint256 alices, uint256 bobs) = (1_000 + uint256(brought[0]), 500 + uint256(brought[1]));
        int256 offset = bound(int256(moved), -int256(alices), int256(bobs));
        leaves.push(accountLeaf(keyOf(alice), _token, offset, 0));
        leaves.push(accountLeaf(keyOf(bob), _token, -offset, 0));
        leaves.push(tokenLeaf(_token, 0, 0));
        postTree();
        reachFinal();
        proveTotals(_token, 0, 0);
        deal(_token, address(registry), held);
        for (uint256 i = 0; i < 2; i++) {
            bool isAlice = (i == 0) == first;
            ExitClaim memory claim = isAlice ? claimOf(alice, _token, offset, 0) : claimOf(bob, _token, -offset, 0);
            try registry.claim(claim) {} catch {}
        }
        uint256 owed = alices + bobs;
        uint256 part = held < owed ? held : owed;
        assertEq(token.balanceOf(alice), uint256(int256(alices) + offset) * part / owed);
        assertEq(token.balanceOf(bob), uint256(int256(bobs) - offset) * part / owed);
    }

    // ---------------------------------------------------------------- who is paid

    function test_claim_theAccountItselfMayNameAnotherRecipient() public {
        plantAndFinalize();
        ExitClaim memory claim = claimOf(alice, _token, 200, 0);
        claim.recipient = courier;
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_NotAccount.selector, bob, alice));
        vm.prank(bob);
        registry.claim(claim);
        vm.prank(alice);
        registry.claim(claim);
        assertEq(token.balanceOf(courier), 1_200);
    }

    function test_claim_revertsForABadRecipient() public {
        plantAndFinalize();
        ExitClaim memory claim = claimOf(alice, _token, 200, 0);
        address[2] memory bad = [address(0), address(registry)];
        for (uint256 i = 0; i < bad.length; i++) {
            claim.recipient = bad[i];
            vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_BadRecipient.selector, bad[i]));
            vm.prank(alice);
            registry.claim(claim);
        }
    }

    function test_claimCommitment_byOpeningIt() public {
        bytes32 key = keccak256(abi.encode(alice, uint32(3), bytes32("fresh")));
        leaves.push(accountLeaf(key, _token, 200, 0));
        leaves.push(tokenLeaf(_token, -1_300, 0));
        postTree();
        reachFinal();
        proveTotals(_token, -1_300, 0);
        ExitClaim memory claim = claimOf(alice, key, _token, 200, 0);
        vm.prank(courier);
        registry.claimCommitment(claim, 3, "fresh");
        assertEq(token.balanceOf(alice), 200);
    }

    function test_claimCommitment_revertsForAnythingElseThanItsOpening() public {
        bytes32 key = keccak256(abi.encode(alice, uint32(3), bytes32("fresh")));
        leaves.push(accountLeaf(key, _token, 200, 0));
        leaves.push(tokenLeaf(_token, -1_300, 0));
        postTree();
        reachFinal();
        proveTotals(_token, -1_300, 0);
        ExitClaim memory claim = claimOf(alice, key, _token, 200, 0);
        expectNotInTree(keccak256(abi.encode(alice, uint32(2), bytes32("fresh"))), claim);
        registry.claimCommitment(claim, 2, "fresh");
        expectNotInTree(keccak256(abi.encode(alice, uint32(3), bytes32("stale"))), claim);
        registry.claimCommitment(claim, 3, "stale");
        expectNotInTree(keyOf(alice), claim);
        registry.claim(claim);
        claim.recipient = bob;
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_NotAccount.selector, bob, alice));
        vm.prank(bob);
        registry.claimCommitment(claim, 3, "fresh");
        claim.account = bob;
        expectNotInTree(keccak256(abi.encode(bob, uint32(3), bytes32("fresh"))), claim);
        registry.claimCommitment(claim, 3, "fresh");
    }

    // ---------------------------------------------------------------- what it refuses

    function test_claim_revertsBeforeTheExitIsFinal() public {
        plantTree();
        ExitClaim memory claim = claimOf(alice, _token, 200, 0);
        bytes32[] memory proof = proofOf(tokenLeaf(_token, 0, 0));
        for (uint256 i = 0; i < 2; i++) {
            vm.expectRevert(IExitHatch.ExitHatch_NotFinal.selector);
            registry.claim(claim);
            vm.expectRevert(IExitHatch.ExitHatch_NotFinal.selector);
            registry.claimCommitment(claim, 0, 0);
            vm.expectRevert(IExitHatch.ExitHatch_NotFinal.selector);
            registry.proveTotals(_token, 0, 0, proof);
            if (i == 0) enterExit();
        }
    }

    function test_claim_worksWhilePaused() public {
        plantAndFinalize();
        pause();
        registry.claim(claimOf(alice, _token, 200, 0));
        assertEq(token.balanceOf(alice), 1_200);
    }

    function test_claim_revertsIfThereIsNothingMore() public {
        plantAndFinalize();
        registry.claim(claimOf(alice, _token, 200, 0));
        expectNothingDue(alice);
        registry.claim(claimOf(alice, _token, 200, 0));
    }

    function test_claim_revertsIfTheTotalsAreNotProved() public {
        plantTree();
        reachFinal();
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_TotalsNeeded.selector, _token));
        registry.claim(claimOf(alice, _token, 200, 0));
    }

    /// @dev A debtor or somebody who withdrew all cannot do without his leaf.
    function test_claim_revertsWithoutALeafIfTheKeyIsInTheTree() public {
        plantAndFinalize();
        for (uint256 i = 0; i < 2; i++) {
            address account = i == 0 ? bob : courier; // courier never moved anything
            vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_LeafNeeded.selector, keyOf(account), _token));
            registry.claim(bareClaimOf(account, _token));
        }
    }

    /// @dev The last entry that the root has taken in needs a leaf, the next one does not.
    function test_claim_withoutALeafFromTheFirstEntryThatIsNotTakenIn() public {
        plantTree();
        deposit(courier, 70);
        uint64 processedIndex = registry.count();
        deposit(enclave, 80);
        delete leaves;
        leaves.push(tokenLeaf(_token, 0, 0));
        vm.warp(block.timestamp + 1);
        postTreeAgain(processedIndex);
        reachFinal();
        proveTotals(_token, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_LeafNeeded.selector, keyOf(courier), _token));
        registry.claim(bareClaimOf(courier, _token));
        registry.claim(bareClaimOf(enclave, _token));
        assertEq(token.balanceOf(enclave), 80);
    }

    /// @dev Attack: an offset and a transit of one's own making, without a leaf that says so.
    function test_claim_withoutALeafTakesNoOffsetAndNoTransit() public {
        leaves.push(accountLeaf(keyOf(alice), _token, 0, 0));
        leaves.push(accountLeaf(keyOf(bob), _token, 0, 0));
        leaves.push(tokenLeaf(_token, 0, 100));
        postTree();
        deposit(courier, 70);
        token.mint(address(registry), 100);
        reachFinal();
        proveTotals(_token, 0, 100);
        ExitClaim memory claim = bareClaimOf(courier, _token);
        (claim.offset, claim.transit) = (1_000, 100);
        registry.claim(claim);
        assertEq(token.balanceOf(courier), 70);
    }

    function test_claim_revertsForATokenThatIsNoContract() public {
        plantAndFinalize();
        vm.expectRevert();
        registry.claim(bareClaimOf(alice, bob));
    }

    function test_claim_revertsForATokenThatIsNotListed() public {
        plantAndFinalize();
        NoReturnToken other = new NoReturnToken();
        other.mint(address(registry), 10);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_LeafNeeded.selector, keyOf(alice), address(other)));
        registry.claim(bareClaimOf(alice, address(other)));
    }

    // ---------------------------------------------------------------- forged leaves

    function test_claim_revertsForEachChangedFieldOfALeaf() public {
        plantAndFinalize();
        ExitClaim memory claim = claimOf(alice, _token, 200, 0);
        claim.offset = 201;
        expectNotInTree(claim);
        claim = claimOf(alice, _token, 200, 0);
        claim.transit = 1;
        expectNotInTree(claim);
        claim = claimOf(alice, _token, 200, 0);
        claim.salt = "another";
        expectNotInTree(claim);
        claim = claimOf(alice, _token, 200, 0);
        (claim.account, claim.recipient) = (bob, bob);
        expectNotInTree(claim);
        claim = claimOf(alice, _token, 200, 0);
        claim.proof[0] = ~claim.proof[0];
        expectNotInTree(claim);
        claim = claimOf(alice, _token, 200, 0);
        claim.proof = new bytes32[](0);
        expectNotInTree(claim);
    }

    function test_claim_revertsForTheLeafOfAnotherToken() public {
        NoReturnToken other = new NoReturnToken();
        list(address(other));
        other.mint(address(registry), 10_000);
        plantAndFinalize();
        ExitClaim memory claim = claimOf(alice, _token, 200, 0);
        claim.token = address(other);
        expectNotInTree(claim);
    }

    /// @dev Attack: leaves of another chain, another registry, another checkpoint.
    function test_claim_revertsForLeavesOfAnotherVault() public {
        bytes32 salt = saltOf(keyOf(alice), _token);
        uint256[3] memory chains = [block.chainid + 1, block.chainid, block.chainid];
        address[3] memory registries = [address(registry), address(this), address(registry)];
        uint64[3] memory checkpoints = [treeCheckpoint, treeCheckpoint, treeCheckpoint - 1];
        for (uint256 i = 0; i < 3; i++) {
            bytes memory content = abi.encode(
                EXIT_LEAF, chains[i], registries[i], checkpoints[i], keyOf(alice), _token, int256(200), uint256(0), salt
            );
            leaves.push(keccak256(bytes.concat(keccak256(content))));
            content = abi.encode(TOKEN_LEAF, chains[i], registries[i], checkpoints[i], _token, int256(0), uint256(0));
            leaves.push(keccak256(bytes.concat(keccak256(content))));
        }
        postTree();
        reachFinal();
        for (uint256 i = 0; i < 3; i++) {
            ExitClaim memory claim = bareClaimOf(alice, _token);
            (claim.offset, claim.salt, claim.proof) = (200, salt, proofOf(leaves[2 * i]));
            expectNotInTree(claim);
            expectTotalsNotInTree(0, 0, proofOf(leaves[2 * i + 1]));
        }
    }

    /// @dev Attack: a token leaf as an account leaf and the other way round. The lengths differ, so no fields fit both.
    function test_proveTotals_revertsForAnAccountLeaf() public {
        plantTree();
        reachFinal();
        expectTotalsNotInTree(200, 0, proofOf(accountLeaf(keyOf(alice), _token, 200, 0)));
        ExitClaim memory claim = bareClaimOf(alice, _token);
        (claim.salt, claim.proof) = (saltOf(keyOf(alice), _token), proofOf(tokenLeaf(_token, 0, 0)));
        expectNotInTree(claim);
    }

    /// @dev Attack, second preimage: inner nodes, and the leaf's content hashed once, prove nothing. A claimed leaf is always
    /// the hash of a hash of nine words, an inner node the hash of two.
    function test_claim_revertsForInnerNodes() public {
        bytes memory content = abi.encode(
            EXIT_LEAF,
            block.chainid,
            address(registry),
            treeCheckpoint,
            keyOf(alice),
            _token,
            int256(200),
            uint256(0),
            saltOf(keyOf(alice), _token)
        );
        leaves.push(keccak256(content));
        leaves.push(tokenLeaf(_token, 0, 0));
        postTree();
        reachFinal();
        proveTotals(_token, 0, 0);
        ExitClaim memory claim = bareClaimOf(alice, _token);
        (claim.offset, claim.salt, claim.proof) = (200, saltOf(keyOf(alice), _token), proofOf(leaves[0]));
        expectNotInTree(claim);
    }

    // ---------------------------------------------------------------- totals

    function test_proveTotals_keepsThem() public {
        plantTree();
        reachFinal();
        vm.expectEmit(address(registry));
        emit IExitHatch.TotalsProved(_token, 0, 0);
        vm.prank(courier);
        proveTotals(_token, 0, 0);
        ExitTotals memory totals = registry.exitTotals(_token);
        assertTrue(totals.areProved);
    }

    function test_proveTotals_revertsTwice() public {
        plantAndFinalize();
        bytes32[] memory proof = proofOf(tokenLeaf(_token, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_TotalsAreProved.selector, _token));
        registry.proveTotals(_token, 0, 0, proof);
    }

    function test_proveTotals_revertsForChangedFields() public {
        plantTree();
        reachFinal();
        bytes32[] memory proof = proofOf(tokenLeaf(_token, 0, 0));
        expectTotalsNotInTree(1, 0, proof);
        expectTotalsNotInTree(0, 1, proof);
    }

    // ---------------------------------------------------------------- odd tokens

    /// @dev Who cannot be paid waits or names another recipient; another token is not concerned.
    function test_claim_aFailingTokenAffectsOnlyItself() public {
        BlocklistToken blocking = new BlocklistToken();
        FalseReturnToken lying = new FalseReturnToken();
        address[2] memory odd = [address(blocking), address(lying)];
        for (uint256 i = 0; i < odd.length; i++) {
            list(odd[i]);
            fund(odd[i], alice, 9);
            vm.prank(alice);
            registry.deposit(odd[i], 9, alice, 0);
        }
        reachFinal();
        blocking.setBlocked(alice, true);
        lying.setBroken(true);
        for (uint256 i = 0; i < odd.length; i++) {
            vm.expectRevert(IDepositRegistry.TransferFailed.selector);
            registry.claim(bareClaimOf(alice, odd[i]));
        }
        registry.claim(bareClaimOf(alice, _token));
        assertEq(token.balanceOf(alice), 1_000);

        ExitClaim memory elsewhere = bareClaimOf(alice, odd[0]);
        elsewhere.recipient = courier;
        vm.prank(alice);
        registry.claim(elsewhere);
        assertEq(blocking.balanceOf(courier), 9);
        lying.setBroken(false);
        registry.claim(bareClaimOf(alice, odd[1]));
        assertEq(lying.balanceOf(alice), 9);
    }

    function test_claim_aTokenThatCallsBackGetsNoMore() public {
        CallbackToken odd = new CallbackToken();
        list(address(odd));
        address[2] memory accounts = [alice, bob];
        for (uint256 i = 0; i < accounts.length; i++) {
            fund(address(odd), accounts[i], 100);
            vm.prank(accounts[i]);
            registry.deposit(address(odd), 100, accounts[i], 0);
        }
        reachFinal();
        ExitClaim memory claim = bareClaimOf(alice, address(odd));
        odd.setCallback(address(registry), abi.encodeCall(registry.claim, (claim)));
        registry.claim(claim);
        assertTrue(odd.called());
        assertFalse(odd.succeeded());
        assertEq(odd.balanceOf(alice), 100);
    }

    /// @dev A token that lost a part by itself pays less to everybody; who claimed before keeps what he has.
    function test_claim_ofAShrunkenTokenPaysWhatIsThere() public {
        plantAndFinalize();
        registry.claim(claimOf(alice, _token, 200, 0));
        deal(_token, address(registry), 100);
        registry.claim(claimOf(bob, _token, -200, 0));
        assertEq(token.balanceOf(bob), 100);
        expectNothingDue(alice);
        registry.claim(claimOf(alice, _token, 200, 0));
    }

    // ---------------------------------------------------------------- helpers

    function postTreeAgain(uint64 processedIndex) private {
        // One second later, as the next checkpoint of the same number is none: in the next epoch.
        (, leaderKey) = makeAddrAndKey("next leader");
        appointLeader(leaderKey, EPOCH + 1);
        postTreeOf(EPOCH + 1, processedIndex);
    }

    function absorb(bytes32 nonce, uint256 amount) private {
        token.mint(address(registry), amount);
        Absorb memory absorption = Absorb(nonce, _token, amount, 0, treeCheckpoint);
        Pair memory pair = signBoth(digestOf(registryDomain(), absorption));
        registry.absorb(absorption, pair.enclave, pair.leader);
    }

    function expectNotInTree(ExitClaim memory claim) private {
        expectNotInTree(keyOf(claim.account), claim);
        registry.claim(claim);
    }

    function expectNotInTree(bytes32 key, ExitClaim memory claim) private {
        bytes memory content = abi.encode(
            EXIT_LEAF,
            block.chainid,
            address(registry),
            treeCheckpoint,
            key,
            claim.token,
            claim.offset,
            claim.transit,
            claim.salt
        );
        bytes32 leaf = keccak256(bytes.concat(keccak256(content)));
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_NotInTree.selector, leaf, treeRoot()));
    }

    function expectTotalsNotInTree(int256 offset, uint256 transit, bytes32[] memory proof) private {
        bytes32 leaf = tokenLeaf(_token, offset, transit);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_NotInTree.selector, leaf, treeRoot()));
        registry.proveTotals(_token, offset, transit, proof);
    }

    function expectNothingDue(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_NothingDue.selector, keyOf(account), _token));
    }
}
