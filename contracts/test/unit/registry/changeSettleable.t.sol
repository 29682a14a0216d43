// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {TokenListing} from "../../../src/types/Listings.sol";
import {DevnetToken} from "../../support/DevnetToken.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract ChangeSettleableTest is VaultTest {
    function test_changeSettleable_bySlowGovernor() public {
        vm.expectEmit(address(registry));
        emit IDepositRegistry.SettleableChanged(registry.count(), address(token), true);
        change(slowGovernor, true);
        assertTrue(settleable());
        change(slowGovernor, false);
        assertFalse(settleable());
    }

    /// @dev Closing is the council's, opening takes longer than an exit.
    function test_changeSettleable_councilOnlyForbids() public {
        change(slowGovernor, true);
        change(council, false);
        assertFalse(settleable());
        refuses(council, true);
    }

    function test_changeSettleable_revertsIfByAnybodyElse() public {
        refuses(governor, true);
        refuses(governor, false);
        refuses(courier, false);
    }

    function test_changeSettleable_revertsIfTokenIsNotListed() public {
        address other = makeAddr("unlisted");
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, other));
        vm.prank(slowGovernor);
        registry.changeSettleable(other, true);
    }

    /// @dev A way around the 14 days.
    function test_listToken_revertsIfItWouldBeSettleableAtOnce() public {
        TokenListing memory listing = listingOf(address(new DevnetToken("Other", "OTH", 18)), CAP);
        listing.settleable = true;
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotSlowGovernor.selector, governor));
        vm.prank(governor);
        registry.listToken(listing);
    }

    function change(address by, bool to) private {
        vm.prank(by);
        registry.changeSettleable(address(token), to);
    }

    function refuses(address by, bool to) private {
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotSlowGovernor.selector, by));
        change(by, to);
    }

    function settleable() private view returns (bool is_) {
        (,, is_) = registry.listing(address(token));
    }
}
