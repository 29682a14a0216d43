// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SettlementIntent} from "../../src/types/Messages.sol";
import {CowTest} from "../support/cow/CowTest.sol";
import {Batch} from "../support/cow/HostileSolver.sol";

/// @title What one settlement costs: whole transactions, with the real GPv2Settlement
/// @dev Writes settlement.json; with FORGE_SNAPSHOT_CHECK=true it must not differ from what is committed. The shed is a
/// stand-in. The real one was measured to add 33 000 to each hook; the stand-in must not be cheaper than that.
/// forge-config: default.isolate = true
contract SettlementGasTest is CowTest {
    /// @dev What opening and closing through the shed adds to a batch that trades the order.
    uint256 private constant HOOKS_GOAL = 340_000;
    uint256 private constant SHED_PER_HOOK = 33_000;

    /// @dev A first one, so that the shed is there.
    function setUp() public override {
        super.setUp();
        throughShed();
    }

    function test_openSettlement() public {
        open(sellIntent(1e18, 2_900e6));
        vm.snapshotGasLastCall("settlement", "openSettlement");
    }

    function test_closeSettlement() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        open(intent);
        withoutHooks(intent);
        close(intent);
        vm.snapshotGasLastCall("settlement", "closeSettlement");
    }

    function test_settle() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        open(intent);
        uint256 trade = withoutHooks(intent);
        uint256 hooks = withHooks();
        uint256 shed = throughShed();
        vm.snapshotValue("settlement", "settle, one order that is opened and closed elsewhere", trade);
        vm.snapshotValue("settlement", "settle, with both hooks", hooks);
        vm.snapshotValue("settlement", "settle, with both hooks through cow-shed", shed);
        vm.snapshotValue("settlement", "open and close through cow-shed, added to a batch", shed - trade);
        assertLe(shed - trade, HOOKS_GOAL);
        assertGe(shed - hooks, 2 * SHED_PER_HOOK);
    }

    function withoutHooks(SettlementIntent memory intent) private returns (uint256) {
        Batch memory batch = newBatch();
        addTrade(batch, intent);
        return gasToSettle(batch);
    }

    function withHooks() private returns (uint256) {
        Batch memory batch = newBatch();
        addSettlement(batch, sellIntent(1e18, 2_900e6));
        return gasToSettle(batch);
    }

    function throughShed() private returns (uint256) {
        Batch memory batch = newBatch();
        addSettlementThroughShed(batch, sellIntent(1e18, 2_900e6));
        return gasToSettle(batch);
    }

    function gasToSettle(Batch memory batch) private returns (uint256) {
        settle(batch);
        return vm.lastCallGas().gasTotalUsed;
    }
}
