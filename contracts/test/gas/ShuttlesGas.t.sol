// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Shuttle} from "../../src/types/Messages.sol";
import {ShuttleTest} from "../support/ShuttleTest.sol";

/// @title What whole shuttle transactions cost with Across' real pool: base, calldata and refunds included
/// @dev As Gas.t.sol. The token, the pool and the bucket were used before; only the nonce is new.
/// forge-config: default.isolate = true
contract ShuttlesGasTest is ShuttleTest {
    uint256 private constant SHUTTLE_GOAL = 195_000;

    function setUp() public override {
        super.setUp();
        send(orderOf("before", 1_000));
    }

    function test_shuttle() public {
        Shuttle memory order = orderOf("1", 1_000);
        Pair memory pair = signBoth(order);
        registry.shuttle(order, pair.enclave, pair.leader);
        assertLe(vm.snapshotGasLastCall("gas", "shuttle"), SHUTTLE_GOAL);
    }

    function test_confirmArrival() public {
        Shuttle memory order = orderOf("1", 1_000);
        visit(DESTINATION);
        fill(orderOf("before", 1_000));
        confirm(orderOf("before", 1_000));
        fill(order);
        registry.confirmArrival(order);
        vm.snapshotGasLastCall("gas", "confirmArrival");
    }

    function test_absorb() public {
        token.mint(address(registry), 2e18);
        absorb(absorptionOf("before", 1e18));
        Pair memory pair = signBoth(absorptionOf("1", 1e18));
        registry.absorb(absorptionOf("1", 1e18), pair.enclave, pair.leader);
        vm.snapshotGasLastCall("gas", "absorb");
    }
}
