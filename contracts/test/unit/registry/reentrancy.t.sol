// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IExitHatch} from "../../../src/interfaces/IExitHatch.sol";
import {ISettlements} from "../../../src/interfaces/ISettlements.sol";
import {IShuttles} from "../../../src/interfaces/IShuttles.sol";
import {DoorTest} from "../../support/DoorTest.sol";
import {CallbackToken} from "../../support/OddTokens.sol";

contract ReentrancyTest is DoorTest {
    /// @dev All that changes anything, but what only the vault itself or its Authority may call.
    bytes4[] private _doors = [
        IDepositRegistry.deposit.selector,
        IDepositRegistry.withdraw.selector,
        IDepositRegistry.withdrawMany.selector,
        IDepositRegistry.cancelWithdrawal.selector,
        IDepositRegistry.postExitRoot.selector,
        IDepositRegistry.changeSettleable.selector,
        IDepositRegistry.discardRoot.selector,
        IDepositRegistry.revokeWithdrawal.selector,
        IDepositRegistry.listToken.selector,
        IDepositRegistry.changeDepositCap.selector,
        IDepositRegistry.changeLimit.selector,
        ISettlements.openSettlement.selector,
        ISettlements.closeSettlement.selector,
        ISettlements.revokeSettlement.selector,
        IShuttles.shuttle.selector,
        IShuttles.confirmArrival.selector,
        IShuttles.absorb.selector,
        IShuttles.claimRefund.selector,
        IShuttles.revokeShuttle.selector,
        IShuttles.changeRoute.selector,
        IExitHatch.requestForcedWithdrawal.selector,
        IExitHatch.answerForced.selector,
        IExitHatch.enterExitMode.selector,
        IExitHatch.enterExitModeFor.selector,
        IExitHatch.enterExitModeByGovernor.selector,
        IExitHatch.finalizeExit.selector,
        IExitHatch.returnForcedFee.selector,
        IExitHatch.proveTotals.selector,
        IExitHatch.claim.selector,
        IExitHatch.claimCommitment.selector
    ];

    /// @dev From wherever the vault moves it: all doors but that which only reads a balance.
    function test_attack_everyDoorIsClosedToATokenThatCallsBack() public {
        CallbackToken odd = new CallbackToken();
        admit(address(odd));
        for (uint256 from = 0; from < DOORS; from++) {
            if (Door(from) == Door.Absorb) continue;
            uint256 before = vm.snapshotState();
            Call_ memory call_ = prepare(Door(from), address(odd));
            for (uint256 i = 0; i < _doors.length; i++) {
                uint256 prepared = vm.snapshotState();
                expectClosed(odd, call_, _doors[i]);
                assertTrue(vm.revertToState(prepared));
            }
            assertTrue(vm.revertToState(before));
        }
    }

    function expectClosed(CallbackToken odd, Call_ memory call_, bytes4 door) private {
        uint256 held = odd.balanceOf(call_.recipient);
        // As many zeros as any of them reads as its arguments.
        odd.setCallback(address(registry), bytes.concat(door, new bytes(2_048)));
        vm.prank(call_.caller);
        (bool ok,) = address(registry).call(call_.data);
        assertTrue(ok);
        assertEq(
            odd.reason(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            vm.toString(door)
        );
        assertEq(odd.balanceOf(call_.recipient), held + call_.amount);
    }
}
