// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DepositRouter} from "../../src/DepositRouter.sol";
import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {DevnetWeth} from "../support/DevnetWeth.sol";
import {VaultTest} from "../support/VaultTest.sol";

contract DepositRouterTest is VaultTest {
    DevnetWeth private _weth;
    DepositRouter private _router;

    function setUp() public override {
        super.setUp();
        _weth = new DevnetWeth();
        _router = new DepositRouter(address(registry), address(_weth));
        list(address(_weth));
        vm.deal(alice, 10 ether);
    }

    function test_depositNative_wrapsAndDepositsForTheAccount() public {
        vm.expectEmit(address(registry));
        emit IDepositRegistry.Deposited(2, address(_weth), 3 ether, bob, 9, address(_router));
        vm.prank(alice);
        _router.depositNative{value: 3 ether}(bob, 9);
        (uint256 deposited,,) = registry.counters(keyOf(bob), address(_weth));
        assertEq(deposited, 3 ether);
        assertEq(alice.balance, 7 ether);
    }

    function testFuzz_depositNative_leavesNothingBehind(uint96 value, address account) public {
        vm.assume(value > 0 && account != address(0));
        vm.deal(alice, value);
        vm.prank(alice);
        _router.depositNative{value: value}(account, 0);
        assertEq(address(_router).balance, 0);
        assertEq(_weth.balanceOf(address(_router)), 0);
        assertEq(_weth.allowance(address(_router), address(registry)), 0);
        assertEq(registry.accounted(address(_weth)), value);
    }

    function test_depositNative_revertsIfNothingIsSent() public {
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NothingReceived.selector, address(_weth))
        );
        vm.prank(alice);
        _router.depositNative(alice, 0);
    }

    function test_depositNative_revertsAboveTheCapAndGivesTheCoinBack() public {
        vm.prank(council);
        registry.changeDepositCap(address(_weth), 1 ether);
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_CapExceeded.selector);
        vm.prank(alice);
        _router.depositNative{value: 2 ether}(alice, 0);
        assertEq(alice.balance, 10 ether);
    }

    function test_router_takesNoPlainCoin() public {
        vm.prank(alice);
        (bool ok,) = address(_router).call{value: 1 ether}("");
        assertFalse(ok);
    }
}
