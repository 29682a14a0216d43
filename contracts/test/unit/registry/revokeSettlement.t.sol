// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {ISettlements} from "../../../src/interfaces/ISettlements.sol";
import {SettlementIntent} from "../../../src/types/Messages.sol";
import {SettlementStatus} from "../../../src/types/Settlement.sol";
import {CowTest} from "../../support/cow/CowTest.sol";

contract RevokeSettlementTest is CowTest {
    SettlementIntent private _intent;

    function setUp() public override {
        super.setUp();
        _intent = sellIntent(10e18, 29_000e6);
    }

    function test_revokeSettlement_makesANonceUseless() public {
        vm.expectEmit(address(registry));
        emit ISettlements.SettlementRevoked(registry.count(), _intent.nonce);
        vm.prank(council);
        registry.revokeSettlement(_intent.nonce);
        assertEq(uint8(registry.settlementStatus(_intent.nonce)), uint8(SettlementStatus.Revoked));
    }

    function test_revokeSettlement_worksWhilePaused() public {
        pause();
        vm.prank(council);
        registry.revokeSettlement(_intent.nonce);
    }

    function test_revokeSettlement_revertsIfNotByTheCouncil() public {
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotCouncil.selector, governor));
        vm.prank(governor);
        registry.revokeSettlement(_intent.nonce);
    }

    function test_revokeSettlement_revertsIfTheNonceIsUsed() public {
        open(_intent);
        refuses(SettlementStatus.Open);
        vm.warp(_intent.validTo + 1);
        close(_intent);
        refuses(SettlementStatus.Closed);
        _intent = sellIntent(1, 1);
        vm.prank(council);
        registry.revokeSettlement(_intent.nonce);
        refuses(SettlementStatus.Revoked);
    }

    function refuses(SettlementStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlements.Settlements_NonceUsed.selector, _intent.nonce, status));
        vm.prank(council);
        registry.revokeSettlement(_intent.nonce);
    }
}
