// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IExitHatch} from "../../../src/interfaces/IExitHatch.sol";
import {ISettlements} from "../../../src/interfaces/ISettlements.sol";
import {IShuttles} from "../../../src/interfaces/IShuttles.sol";
import {CallbackToken} from "../../support/OddTokens.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract ReentrancyTest is VaultTest {
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

    function test_attack_everyDoorIsClosedToATokenThatCallsBack() public {
        CallbackToken odd = new CallbackToken();
        list(address(odd));
        for (uint256 i = 0; i < _doors.length; i++) {
            fund(address(odd), alice, 100);
            // As many zeros as any of them reads as its arguments.
            odd.setCallback(address(registry), bytes.concat(_doors[i], new bytes(2_048)));
            vm.prank(alice);
            registry.deposit(address(odd), 100, alice, 0);
            assertEq(
                odd.reason(),
                abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
                vm.toString(_doors[i])
            );
        }
        assertEq(registry.accounted(address(odd)), 100 * _doors.length);
    }
}
