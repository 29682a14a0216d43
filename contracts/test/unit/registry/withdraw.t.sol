// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {DepositRegistry} from "../../../src/DepositRegistry.sol";
import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {Signatures} from "../../../src/libraries/Signatures.sol";
import {TokenListing} from "../../../src/types/Listings.sol";
import {ExitRoots, Withdrawal} from "../../../src/types/Messages.sol";
import {OutflowKind} from "../../../src/types/VaultState.sol";
import {
    BlocklistToken,
    CallbackToken,
    FalseReturnToken,
    FeeToken,
    NoReturnToken,
    RebasingToken
} from "../../support/OddTokens.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract WithdrawTest is VaultTest {
    Withdrawal private _withdrawal;

    function setUp() public override {
        super.setUp();
        deposit(alice, 100e18);
        reachRoot(1);
        _withdrawal = withdrawalOf(alice, 10e18, 42);
    }

    // ---------------------------------------------------------------- what is paid

    function test_withdraw_paysTheRecipient() public {
        _withdrawal.recipient = bob;
        vm.expectEmit(address(registry));
        emit IDepositRegistry.Withdrawn(3, alice, address(token), 10e18, bob, 42);
        withdraw(_withdrawal);

        assertEq(token.balanceOf(bob), 10e18);
        assertEq(token.balanceOf(address(registry)), 90e18);
        assertEq(registry.accounted(address(token)), 90e18);
        assertTrue(registry.isNonceUsed(alice, 42));
        assertFalse(registry.isNonceUsed(alice, 43));
        assertFalse(registry.isNonceUsed(bob, 42));
        (uint256 deposited, uint256 withdrawn, uint256 firstIndex) = registry.counters(keyOf(alice), address(token));
        assertEq(deposited, 100e18);
        assertEq(withdrawn, 10e18);
        assertEq(firstIndex, 2);
    }

    function test_withdraw_paysWhoNeverDepositedHere() public {
        withdraw(withdrawalOf(bob, 60e18, 0));
        assertEq(token.balanceOf(bob), 60e18);
        (uint256 deposited, uint256 withdrawn, uint256 firstIndex) = registry.counters(keyOf(bob), address(token));
        assertEq(deposited, 0);
        assertEq(withdrawn, 60e18);
        assertEq(firstIndex, 4);
    }

    function test_withdraw_takesNoncesInAnyOrder() public {
        uint256[4] memory nonces = [type(uint256).max, 0, 255, 256];
        for (uint256 i = 0; i < nonces.length; i++) {
            withdraw(withdrawalOf(alice, 1, nonces[i]));
            assertTrue(registry.isNonceUsed(alice, nonces[i]));
        }
    }

    function test_withdraw_revertsIfTheVaultHoldsTooLittleAndSaysHowMuch() public {
        token.mint(address(registry), 1e18);
        _withdrawal.amount = 100e18 + 1;
        expectRefused(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_VaultHoldsTooLittle.selector, address(token), 100e18 + 1, 100e18
            )
        );
        _withdrawal.token = makeAddr("unlisted");
        // No token that is not listed has a bucket.
        expectRefused(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_OverLimit.selector,
                _withdrawal.token,
                OutflowKind.Withdrawal,
                100e18 + 1,
                type(uint64).max
            )
        );
    }

    function test_withdraw_revertsIfAmountIsZero() public {
        _withdrawal.amount = 0;
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_ZeroAmount.selector));
    }

    function test_withdraw_revertsIfRecipientIsNobodyOrTheVault() public {
        _withdrawal.recipient = address(0);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_BadRecipient.selector, address(0)));
        _withdrawal.recipient = address(registry);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_BadRecipient.selector, address(registry)));
    }

    // ---------------------------------------------------------------- once

    function test_withdraw_revertsIfReplayed() public {
        withdraw(_withdrawal);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 42));
    }

    function test_withdraw_revertsIfTheNonceWasUsedForAnotherAmount() public {
        withdraw(_withdrawal);
        _withdrawal.amount = 1;
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 42));
    }

    function test_withdraw_paysOnceWhoeverComesFirst() public {
        Pair memory pair = signBoth(_withdrawal);
        vm.prank(bob);
        registry.withdraw(_withdrawal, pair.enclave, pair.leader);
        assertEq(token.balanceOf(alice), 10e18, "a front-runner pays the gas, the recipient gets the money");
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 42));
        submit(_withdrawal, pair);
    }

    // ---------------------------------------------------------------- both signatures

    function test_withdraw_revertsIfASignatureIsMissingOrOfSomebodyElse() public {
        bytes32 digest = digestOf(registryDomain(), _withdrawal);
        (, uint256 strangerKey) = makeAddrAndKey("stranger");
        expectNotBoth(Pair("", signed(leaderKey, digest)));
        expectNotBoth(Pair(signed(strangerKey, digest), signed(leaderKey, digest)));
        expectNotBoth(Pair(signed(enclaveKey, digest), ""));
        expectNotBoth(Pair(signed(enclaveKey, digest), signed(strangerKey, digest)));
    }

    function test_withdraw_revertsIfOneKeySignedTwice() public {
        bytes32 digest = digestOf(registryDomain(), _withdrawal);
        expectNotBoth(Pair(signed(enclaveKey, digest), signed(enclaveKey, digest)));
        expectNotBoth(Pair(signed(leaderKey, digest), signed(leaderKey, digest)));
    }

    function test_withdraw_revertsIfSignaturesAreSwapped() public {
        Pair memory pair = signBoth(_withdrawal);
        expectNotBoth(Pair(pair.leader, pair.enclave));
    }

    function test_withdraw_revertsIfASignatureIsMalleatedOrCompact() public {
        Pair memory pair = signBoth(_withdrawal);
        expectNotBoth(Pair(malleated(pair.enclave), pair.leader));
        expectNotBoth(Pair(pair.enclave, malleated(pair.leader)));
        expectNotBoth(Pair(compacted(pair.enclave), pair.leader));
        expectNotBoth(Pair(pair.enclave, compacted(pair.leader)));
        expectNotBoth(Pair(pair.enclave, bytes.concat(pair.leader, hex"00")));
    }

    function test_withdraw_revertsIfNobodyLeads() public {
        vm.prank(council);
        authority.vacateLeader();
        expectRefused(abi.encodeWithSelector(Signatures.Signatures_NoLeader.selector));
    }

    function test_withdraw_revertsIfAnyFieldWasAltered() public {
        Pair memory pair = signBoth(_withdrawal);
        for (uint256 field = 0; field < 7; field++) {
            Withdrawal memory altered = _withdrawal;
            if (field == 0) altered.account = bob;
            if (field == 1) altered.token = address(new NoReturnToken());
            if (field == 2) altered.amount += 1;
            if (field == 3) altered.recipient = bob;
            if (field == 4) altered.nonce += 1;
            if (field == 5) altered.checkpoint -= 1;
            if (field == 6) altered.deadline += 1;
            vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
            submit(altered, pair);
        }
        submit(_withdrawal, pair);
    }

    function test_withdraw_revertsOnAnotherChain() public {
        Pair memory pair = signBoth(_withdrawal);
        vm.chainId(10);
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(_withdrawal, pair);
    }

    function test_withdraw_revertsAtAnotherVault() public {
        DepositRegistry other = newRegistry(address(checkpointer), 1, new TokenListing[](0));
        Domain memory domain = registryDomain();
        domain.at = address(other);
        expectRefusedInDomain(domain);
    }

    function test_withdraw_revertsIfSignedInAnotherDomain() public {
        Domain memory domain = registryDomain();
        domain.name = "MyrtleWyckoff Checkpointer";
        expectRefusedInDomain(domain);
        domain = registryDomain();
        domain.version = "2";
        expectRefusedInDomain(domain);
        expectRefusedInDomain(checkpointerDomain());
    }

    function test_withdraw_survivesARotationOnlyWhenSignedAgain() public {
        Pair memory old = signBoth(_withdrawal);
        (, leaderKey) = makeAddrAndKey("next leader");
        vm.warp(block.timestamp + 2 hours);
        appointLeader(leaderKey, 2);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 1, 1, 1));
        submit(_withdrawal, old);

        ExitRoots memory roots = rootsOf(1);
        roots.epoch = 2;
        post(roots, registry.count());
        expectNotBoth(old);
        withdraw(_withdrawal);
        assertEq(token.balanceOf(alice), 10e18);
    }

    // ---------------------------------------------------------------- time

    function test_withdraw_revertsAfterTheDeadline() public {
        Pair memory pair = signBoth(_withdrawal);
        vm.warp(_withdrawal.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_Expired.selector, _withdrawal.deadline));
        submit(_withdrawal, pair);
        vm.warp(_withdrawal.deadline);
        submit(_withdrawal, pair);
    }

    function test_withdraw_revertsIfTheDeadlineIsMoreThanSevenDaysAhead() public {
        _withdrawal.deadline = uint64(block.timestamp + 7 days + 1);
        expectRefused(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_DeadlineTooFar.selector, _withdrawal.deadline)
        );
        vm.warp(block.timestamp + 1);
        withdraw(_withdrawal);
    }

    function test_withdraw_revertsWhilePaused() public {
        pause();
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_Paused.selector));
        vm.prank(council);
        authority.unpause();
        withdraw(_withdrawal);
    }

    function test_withdraw_worksWhenAPauseHasEndedByItself() public {
        pause();
        vm.warp(authority.pausedUntil());
        _withdrawal.deadline = uint64(block.timestamp);
        withdraw(_withdrawal);
        assertEq(token.balanceOf(alice), 10e18);
    }

    // ---------------------------------------------------------------- gate

    function test_withdraw_revertsIfTheCheckpointIsNotPosted() public {
        _withdrawal.checkpoint = 2;
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 2, 1, 1));
        vm.warp(block.timestamp + 2);
        postRoot(3);
        withdraw(_withdrawal);
    }

    function test_withdraw_revertsIfThePostedRootIsOfTheEpochBefore() public {
        vm.warp(block.timestamp + 2 hours);
        appointLeader(leaderKey, 2);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 1, 1, 1));
    }

    function test_withdraw_revertsBeforeTheFirstRoot() public {
        deployProtocol();
        appointLeader(leaderKey, 1);
        deposit(alice, 10e18);
        _withdrawal.checkpoint = 0;
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 0, 0, 0));
    }

    // ---------------------------------------------------------------- odd tokens

    function test_withdraw_ofATokenWithoutReturnValue() public {
        depositOdd(address(new NoReturnToken()), 100);
        withdraw(_withdrawal);
        assertEq(NoReturnToken(_withdrawal.token).balanceOf(alice), 100);
    }

    function test_withdraw_ofATokenWithAFeeIsPaidByTheRecipient() public {
        depositOdd(address(new FeeToken()), 1_000_000, 990_000);
        withdraw(_withdrawal);
        assertEq(FeeToken(_withdrawal.token).balanceOf(alice), 990_000 - 9_900);
        assertEq(registry.accounted(_withdrawal.token), 0);
        assertEq(FeeToken(_withdrawal.token).balanceOf(address(registry)), 0);
    }

    function test_withdraw_revertsIfTheTokenReturnsFalseAndLeavesTheNonce() public {
        FalseReturnToken odd = new FalseReturnToken();
        depositOdd(address(odd), 100);
        odd.setBroken(true);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.TransferFailed.selector));
        assertFalse(registry.isNonceUsed(alice, 42));
        odd.setBroken(false);
        withdraw(_withdrawal);
    }

    function test_withdraw_revertsIfTheTokenHasShrunkBelowTheAmount() public {
        RebasingToken odd = new RebasingToken();
        depositOdd(address(odd), 100);
        odd.shrink(address(registry), 1);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.TransferFailed.selector));
        _withdrawal.amount = 99;
        withdraw(_withdrawal);
        assertEq(odd.balanceOf(alice), 99);
    }

    function test_withdraw_revertsIfTheRecipientIsBlocked() public {
        BlocklistToken odd = new BlocklistToken();
        depositOdd(address(odd), 100);
        odd.setBlocked(alice, true);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.TransferFailed.selector));
        _withdrawal.recipient = bob;
        withdraw(_withdrawal);
        assertEq(odd.balanceOf(bob), 100);
    }

    function test_withdraw_cannotBeReentered() public {
        CallbackToken odd = new CallbackToken();
        depositOdd(address(odd), 100);
        _withdrawal.amount = 50;
        Withdrawal memory second = _withdrawal;
        second.nonce = 43;
        Pair memory pair = signBoth(second);
        odd.setCallback(
            address(registry), abi.encodeCall(IDepositRegistry.withdraw, (second, pair.enclave, pair.leader))
        );
        withdraw(_withdrawal);
        assertTrue(odd.called());
        assertEq(bytes4(odd.reason()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        assertEq(odd.balanceOf(alice), 50);
        assertFalse(registry.isNonceUsed(alice, 43));
    }

    // ---------------------------------------------------------------- fuzz

    function testFuzz_withdraw_needsExactlyTheSignedMessage(Withdrawal calldata other) public {
        Pair memory pair = signBoth(_withdrawal);
        vm.assume(keccak256(abi.encode(other)) != keccak256(abi.encode(_withdrawal)));
        uint256 held = token.balanceOf(address(registry));
        vm.expectRevert();
        submit(other, pair);
        assertEq(token.balanceOf(address(registry)), held);
    }

    function testFuzz_withdraw_needsBothKeys(uint256 firstKey, uint256 secondKey) public {
        firstKey = boundPrivateKey(firstKey);
        secondKey = boundPrivateKey(secondKey);
        vm.assume(firstKey != enclaveKey || secondKey != leaderKey);
        bytes32 digest = digestOf(registryDomain(), _withdrawal);
        vm.expectRevert();
        submit(_withdrawal, Pair(signed(firstKey, digest), signed(secondKey, digest)));
    }

    function testFuzz_withdraw_paysOnce(uint256 nonce, uint112 amount) public {
        _withdrawal.nonce = nonce;
        _withdrawal.amount = bound(amount, 1, 50e18);
        withdraw(_withdrawal);
        assertEq(token.balanceOf(alice), _withdrawal.amount);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, nonce));
    }

    function test_withdraw_isPossibleHoweverLongTheLog() public {
        setLogLength((1 << 40) - 2);
        Withdrawal memory withdrawal = withdrawalOf(bob, 1, 99);
        withdraw(withdrawal);
        (,, uint256 firstIndex) = registry.counters(keyOf(bob), address(token));
        assertEq(firstIndex, type(uint32).max);
    }

    // ---------------------------------------------------------------- helpers

    function depositOdd(address odd, uint256 amount) private {
        depositOdd(odd, amount, amount);
    }

    function depositOdd(address odd, uint256 amount, uint256 arrives) private {
        list(odd);
        fund(odd, alice, amount);
        vm.prank(alice);
        registry.deposit(odd, amount, alice, 0);
        (_withdrawal.token, _withdrawal.amount) = (odd, arrives);
    }

    function expectRefused(bytes memory reason) private {
        Pair memory pair = signBoth(_withdrawal);
        vm.expectRevert(reason);
        submit(_withdrawal, pair);
    }

    function expectRefusedInDomain(Domain memory domain) private {
        Pair memory pair = signBoth(digestOf(domain, _withdrawal));
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(_withdrawal, pair);
    }

    function expectNotBoth(Pair memory pair) private {
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(_withdrawal, pair);
    }
}
