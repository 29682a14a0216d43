// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {
    CallbackToken,
    FalseReturnToken,
    FeeToken,
    LyingToken,
    MoodyToken,
    NoReturnToken,
    RebasingToken,
    TakingToken
} from "../../support/OddTokens.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract DepositTest is VaultTest {
    function test_deposit_creditsTheAccountAndLogsThePayer() public {
        fund(address(token), alice, 5e18);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.Deposited(1, address(token), 5e18, bob, 7, alice);
        vm.prank(alice);
        registry.deposit(address(token), 5e18, bob, 7);

        assertEq(token.balanceOf(address(registry)), 5e18);
        assertEq(registry.accounted(address(token)), 5e18);
        assertCounters(bob, 5e18, 0, 2);
        assertCounters(alice, 0, 0, 0);
    }

    function test_deposit_addsUp() public {
        deposit(alice, 1e18);
        deposit(bob, 2e18);
        deposit(alice, 3e18);
        assertCounters(alice, 4e18, 0, 2);
        assertCounters(bob, 2e18, 0, 3);
        assertEq(registry.accounted(address(token)), 6e18);
        assertEq(registry.inventory(address(token)), 0);
    }

    function test_deposit_worksWhilePausedAndWithoutALeader() public {
        pause();
        vm.prank(council);
        authority.vacateLeader();
        deposit(alice, 1e18);
        assertEq(registry.accounted(address(token)), 1e18);
    }

    function test_deposit_revertsIfTokenIsNotListed() public {
        NoReturnToken other = new NoReturnToken();
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, address(other))
        );
        registry.deposit(address(other), 1, alice, 0);
    }

    function test_deposit_revertsIfAmountIsZero() public {
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NothingReceived.selector, address(token))
        );
        registry.deposit(address(token), 0, alice, 0);
    }

    function test_deposit_revertsIfAccountIsZero() public {
        fund(address(token), alice, 1);
        vm.expectRevert(IDepositRegistry.DepositRegistry_ZeroAccount.selector);
        vm.prank(alice);
        registry.deposit(address(token), 1, address(0), 0);
    }

    function test_deposit_revertsIfNotApproved() public {
        token.mint(alice, 1);
        vm.expectRevert(IDepositRegistry.TransferFromFailed.selector);
        vm.prank(alice);
        registry.deposit(address(token), 1, alice, 0);
    }

    function test_deposit_revertsAboveTheCap() public {
        deposit(alice, CAP - 1);
        fund(address(token), bob, 2);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CapExceeded.selector, address(token), CAP, CAP + 1)
        );
        vm.prank(bob);
        registry.deposit(address(token), 2, bob, 0);
        vm.prank(bob);
        registry.deposit(address(token), 1, bob, 0);
        assertEq(registry.accounted(address(token)), CAP);
    }

    function test_deposit_doesNotCountDonationsTowardsTheCap() public {
        token.mint(address(registry), CAP);
        deposit(alice, CAP);
        assertEq(registry.accounted(address(token)), CAP);
        assertCounters(alice, CAP, 0, 2);
    }

    function test_deposit_revertsBeforeACounterOverflows() public {
        uint256 max = type(uint112).max;
        vm.prank(governor);
        registry.changeDepositCap(address(token), max);
        deposit(alice, max);
        reachRoot(1);
        // A bucket holds less than a counter: it takes many.
        uint256 part = type(uint104).max;
        for (uint256 i = 0; i < 257; i++) {
            vm.warp(block.timestamp + 1 days);
            withdraw(withdrawalOf(alice, i < 256 ? part : max - 256 * part, i));
        }
        assertEq(registry.accounted(address(token)), 0);

        fund(address(token), alice, 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_CounterOverflow.selector, keyOf(alice), address(token)
            )
        );
        vm.prank(alice);
        registry.deposit(address(token), 1, alice, 0);
        deposit(bob, max);
        assertCounters(bob, max, 0, registry.count());
    }

    // ---------------------------------------------------------------- odd tokens

    function test_deposit_ofATokenWithoutReturnValue() public {
        depositOdd(address(new NoReturnToken()), 10, 10);
    }

    function test_deposit_creditsWhatArrivesOfATokenWithAFee() public {
        FeeToken odd = new FeeToken();
        depositOdd(address(odd), 1_000_000, 990_000);
        fund(address(odd), bob, 100);
        vm.prank(bob);
        registry.deposit(address(odd), 100, bob, 0);
        assertEq(registry.accounted(address(odd)), 990_099, "not what was here before");
    }

    function test_deposit_revertsIfTheFeeTakesEverything() public {
        FeeToken odd = new FeeToken();
        odd.setFeePpm(1_000_000);
        list(address(odd));
        fund(address(odd), alice, 100);
        expectNothingReceived(address(odd));
    }

    function test_deposit_revertsIfTheTokenReturnsFalse() public {
        FalseReturnToken odd = new FalseReturnToken();
        list(address(odd));
        fund(address(odd), alice, 100);
        odd.setBroken(true);
        vm.expectRevert(IDepositRegistry.TransferFromFailed.selector);
        vm.prank(alice);
        registry.deposit(address(odd), 100, alice, 0);
    }

    function test_deposit_revertsIfTheTokenLies() public {
        address odd = address(new LyingToken());
        list(odd);
        fund(odd, alice, 100);
        expectNothingReceived(odd);
    }

    function test_deposit_revertsIfTheTokenTakesInsteadOfGiving() public {
        TakingToken odd = new TakingToken();
        list(address(odd));
        odd.mint(address(registry), 1_000);
        fund(address(odd), alice, 100);
        expectNothingReceived(address(odd));
    }

    function test_deposit_ofATokenThatHadShrunkCountsOnlyWhatArrives() public {
        RebasingToken odd = new RebasingToken();
        depositOdd(address(odd), 100, 100);
        odd.shrink(address(registry), 60);
        fund(address(odd), bob, 10);
        vm.prank(bob);
        registry.deposit(address(odd), 10, bob, 0);
        assertEq(registry.accounted(address(odd)), 110);
        (uint256 deposited,,) = registry.counters(keyOf(bob), address(odd));
        assertEq(deposited, 10);
    }

    /// @dev While a token calls back, something else can be made to arrive.
    function test_deposit_countsNoMoreThanWasAskedFor() public {
        CallbackToken odd = new CallbackToken();
        list(address(odd));
        fund(address(odd), alice, 100);
        odd.setCallback(address(odd), abi.encodeCall(odd.mint, (address(registry), 50)));
        vm.prank(alice);
        registry.deposit(address(odd), 100, alice, 0);
        assertEq(odd.balanceOf(address(registry)), 150);
        assertEq(registry.accounted(address(odd)), 100);
    }

    function test_deposit_cannotBeReentered() public {
        CallbackToken odd = new CallbackToken();
        list(address(odd));
        fund(address(odd), alice, 100);
        odd.setCallback(address(registry), abi.encodeCall(IDepositRegistry.deposit, (address(odd), 1, alice, 0)));
        vm.prank(alice);
        registry.deposit(address(odd), 100, alice, 0);
        assertTrue(odd.called());
        assertFalse(odd.succeeded());
        assertEq(bytes4(odd.reason()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        assertEq(registry.accounted(address(odd)), 100);
    }

    function test_deposit_cannotBeReenteredByAnyOtherDoor() public {
        CallbackToken odd = new CallbackToken();
        list(address(odd));
        fund(address(odd), alice, 100);
        odd.setCallback(address(registry), abi.encodeCall(IDepositRegistry.cancelWithdrawal, (1)));
        vm.prank(alice);
        registry.deposit(address(odd), 100, alice, 0);
        assertEq(bytes4(odd.reason()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        assertFalse(registry.isNonceUsed(address(odd), 1));
    }

    // ---------------------------------------------------------------- fuzz

    function testFuzz_deposit_creditsExactlyWhatArrives(uint112 amount, uint32 subaccount, uint32 feePpm) public {
        FeeToken odd = new FeeToken();
        vm.prank(governor);
        registry.listToken(listingOf(address(odd), type(uint112).max));
        odd.setFeePpm(feePpm % 1_000_000);
        vm.assume(amount > 0);
        uint256 fee = uint256(amount) * (feePpm % 1_000_000) / 1_000_000;
        fund(address(odd), alice, amount);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.Deposited(2, address(odd), amount - fee, bob, subaccount, alice);
        vm.prank(alice);
        registry.deposit(address(odd), amount, bob, subaccount);
        assertEq(registry.accounted(address(odd)), odd.balanceOf(address(registry)));
    }

    // ---------------------------------------------------------------- helpers

    function depositOdd(address odd, uint256 amount, uint256 arrives) private {
        list(odd);
        fund(odd, alice, amount);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.Deposited(2, odd, arrives, alice, 0, alice);
        vm.prank(alice);
        registry.deposit(odd, amount, alice, 0);
        assertEq(registry.accounted(odd), arrives);
    }

    /// @dev Read as 0 before and rightly afterwards, the whole vault would be credited for one atom.
    function test_deposit_revertsIfTheBalanceCannotBeRead() public {
        MoodyToken odd = new MoodyToken();
        list(address(odd));
        fund(address(odd), bob, 1_000e18);
        vm.prank(bob);
        registry.deposit(address(odd), 1_000e18, bob, 0);
        fund(address(odd), alice, 1);
        odd.setDown();
        vm.expectRevert("maintenance");
        vm.prank(alice);
        registry.deposit(address(odd), 1, alice, 0);
    }

    function test_deposit_isPossibleHoweverLongTheLog() public {
        setLogLength(type(uint32).max - 1);
        deposit(alice, 1);
        assertCounters(alice, 1, 0, type(uint32).max);
        setLogLength((1 << 40) - 2);
        deposit(bob, 1);
        assertCounters(bob, 1, 0, type(uint32).max);
    }

    function expectNothingReceived(address odd) private {
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NothingReceived.selector, odd));
        vm.prank(alice);
        registry.deposit(odd, 100, alice, 0);
    }

    function assertCounters(address account, uint256 deposited, uint256 withdrawn, uint256 firstIndex) private view {
        (uint256 d, uint256 w, uint256 f) = registry.counters(keyOf(account), address(token));
        assertEq(d, deposited, "deposited");
        assertEq(w, withdrawn, "withdrawn");
        assertEq(f, firstIndex, "first index");
    }
}
