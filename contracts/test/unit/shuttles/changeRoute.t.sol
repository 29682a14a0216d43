// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IShuttles} from "../../../src/interfaces/IShuttles.sol";
import {ShuttleRoute} from "../../../src/types/Listings.sol";
import {ShuttleTest} from "../../support/ShuttleTest.sol";

contract ChangeRouteTest is ShuttleTest {
    ShuttleRoute private _closed;

    function test_changeRoute_isAnEntry() public {
        ShuttleRoute memory route = ShuttleRoute(address(0xda1), 18, 6, 2_000);
        vm.expectEmit(address(registry));
        emit IShuttles.RouteChanged(registry.count(), address(token), 10, route);
        openRoute(address(token), 10, route);
        assertEq(abi.encode(registry.route(address(token), 10)), abi.encode(route));
    }

    function test_changeRoute_ofOneDestinationLeavesTheOthers() public {
        bytes memory before = abi.encode(registry.route(address(token), DESTINATION));
        openRoute(address(token), 10, ShuttleRoute(address(0xda1), 18, 18, 0));
        assertEq(abi.encode(registry.route(address(token), DESTINATION)), before);
    }

    function test_changeRoute_isClosedByTheCouncilAtOnce() public {
        vm.prank(council);
        registry.changeRoute(address(token), DESTINATION, _closed);
        expectRefusal(
            orderOf("1", 100),
            abi.encodeWithSelector(
                IShuttles.Shuttles_NoRoute.selector, address(token), DESTINATION, address(dollars[DESTINATION])
            )
        );
    }

    function test_changeRoute_revertsIfTheCouncilOpensOne() public {
        ShuttleRoute memory cheaper = routeTo(DESTINATION);
        cheaper.maxFeePpm = 0;
        expectNotSlowGovernor(council, cheaper);
    }

    function test_changeRoute_revertsIfTheFastGovernorOrAnybodyAsks() public {
        expectNotSlowGovernor(governor, routeTo(DESTINATION));
        expectNotSlowGovernor(governor, _closed);
        expectNotSlowGovernor(alice, _closed);
    }

    function test_changeRoute_revertsIfItLeadsHere() public {
        expectBadRoute(ORIGIN, routeTo(DESTINATION));
    }

    function test_changeRoute_revertsIfATokenHasMoreThan18Decimals() public {
        expectBadRoute(DESTINATION, ShuttleRoute(address(0xda1), 19, 6, 0));
        expectBadRoute(DESTINATION, ShuttleRoute(address(0xda1), 6, 19, 0));
        openRoute(address(token), DESTINATION, ShuttleRoute(address(0xda1), 18, 18, 0));
    }

    function test_changeRoute_revertsIfTheFeeIsAboveTenPercent() public {
        expectBadRoute(DESTINATION, ShuttleRoute(address(0xda1), 18, 6, 100_001));
        openRoute(address(token), DESTINATION, ShuttleRoute(address(0xda1), 18, 6, 100_000));
    }

    function test_changeRoute_revertsIfTheTokenIsNotListed() public {
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, address(0xdead))
        );
        openRoute(address(0xdead), DESTINATION, _closed);
    }

    function test_changeRoute_revertsIfThereIsNoPool() public {
        spokePool = address(0);
        deployProtocol();
        ShuttleRoute memory route = routeTo(DESTINATION);
        vm.expectRevert(IShuttles.Shuttles_NoPool.selector);
        openRoute(address(token), DESTINATION, route);
    }

    function expectBadRoute(uint256 chainId, ShuttleRoute memory route) private {
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_BadRoute.selector, chainId, route));
        openRoute(address(token), chainId, route);
    }

    function expectNotSlowGovernor(address caller, ShuttleRoute memory route) private {
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotSlowGovernor.selector, caller));
        vm.prank(caller);
        registry.changeRoute(address(token), DESTINATION, route);
    }
}
