// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IExitHatch} from "../../../src/interfaces/IExitHatch.sol";
import {ExitClaim} from "../../../src/types/Exit.sol";
import {SettlementIntent} from "../../../src/types/Messages.sol";
import {CowContracts} from "../../../src/types/Settlement.sol";
import {ExitTest} from "../../support/ExitTest.sol";
import {BlocklistToken} from "../../support/OddTokens.sol";
import {VaultTest} from "../../support/VaultTest.sol";
import {CowTest} from "../../support/cow/CowTest.sol";

/// @dev What was in settlements when the keeper died. Alice sells 100 of her 1 000 in a lane; her commitment claims what came
/// of it. Bob's plenty is what `CowTest` brings.
contract ExitOfLanesTest is CowTest, ExitTest {
    uint32 private constant SUBACCOUNT = 7;
    bytes32 private constant SALT = "fresh";

    BlocklistToken private _blocking;
    bytes32 private _commitment;

    function setUp() public override(CowTest, ExitTest) {
        super.setUp();
        _blocking = new BlocklistToken();
        makeSettleable(address(_blocking));
        for (uint256 i = 0; i < 2; i++) {
            address brought = i == 0 ? address(weth) : address(_blocking);
            fund(brought, alice, 1_000);
            vm.prank(alice);
            registry.deposit(brought, 1_000, alice, 0);
        }
        _commitment = keccak256(abi.encode(alice, SUBACCOUNT, SALT));
    }

    /// @dev Opened and half filled after the root, closed between two claims.
    function test_claimCommitment_isRaisedByALateClosing() public {
        postTreeOfSale(address(weth), 100);
        SettlementIntent memory intent = intentOfAlice(address(weth), address(_blocking));
        open(intent);
        fill(intent, 40, 90);
        leave();
        expectNothingDue(address(weth));
        claim(address(weth), 100);

        close(intent);
        claim(address(weth), 100);
        claim(address(_blocking), 0);
        assertEq(weth.balanceOf(alice), 60);
        assertEq(_blocking.balanceOf(alice), 90);
        registry.claim(claimOf(alice, address(weth), -100, 0));
        assertEq(weth.balanceOf(alice), 960);
    }

    /// @dev The token that was bought blocks the lane: what was not sold comes at once, and the rest when it can.
    function test_claimCommitment_doesNotWaitForABlockedToken() public {
        postTreeOfSale(address(weth), 100);
        SettlementIntent memory intent = intentOfAlice(address(weth), address(_blocking));
        open(intent);
        fill(intent, 40, 90);
        leave();
        _blocking.setBlocked(laneOf(intent), true);
        close(intent);
        claim(address(weth), 100);
        assertEq(weth.balanceOf(alice), 60);

        _blocking.setBlocked(laneOf(intent), false);
        close(intent);
        claim(address(_blocking), 0);
        assertEq(_blocking.balanceOf(alice), 90);
    }

    /// @dev The token that was sold blocks the lane, which was closed before the root without it. So its leaf must stay in the
    /// tree until the lane is empty: the first movement is older than the root.
    function test_claimCommitment_ofWhatABlockedTokenHeldBackBeforeTheRoot() public {
        SettlementIntent memory intent = intentOfAlice(address(_blocking), address(weth));
        open(intent);
        fill(intent, 40, 90);
        _blocking.setBlocked(laneOf(intent), true);
        vm.warp(intent.validTo + 1);
        close(intent);
        postTreeOfSale(address(_blocking), 100);
        leave();
        expectNothingDue(address(_blocking));
        claim(address(_blocking), 100);

        _blocking.setBlocked(laneOf(intent), false);
        close(intent);
        claim(address(_blocking), 100);
        assertEq(_blocking.balanceOf(alice), 60);
    }

    // ---------------------------------------------------------------- helpers

    function cowContracts() internal view override(VaultTest, CowTest) returns (CowContracts memory) {
        return CowTest.cowContracts();
    }

    function intentOfAlice(address sold, address bought) private returns (SettlementIntent memory intent) {
        intent = intentOf(sold, 100, bought, 90);
        (intent.partiallyFillable, intent.owner) = (true, _commitment);
    }

    /// @dev By which Alice's commitment has `offset` of what is sold, and she that much less.
    function postTreeOfSale(address sold, int256 offset) private {
        address other = sold == address(weth) ? address(_blocking) : address(weth);
        treeCheckpoint = 2;
        leaves.push(accountLeaf(keyOf(alice), sold, -offset, 0));
        leaves.push(accountLeaf(_commitment, sold, offset, 0));
        leaves.push(accountLeaf(keyOf(bob), sold, 0, 0));
        leaves.push(tokenLeaf(sold, 0, 0));
        leaves.push(tokenLeaf(other, 0, 0));
        postTree();
    }

    function leave() private {
        reachFinal();
        proveTotals(address(weth), 0, 0);
        proveTotals(address(_blocking), 0, 0);
    }

    /// @dev Without a leaf when the offset is 0.
    function claim(address claimed, int256 offset) private {
        ExitClaim memory claim_ =
            offset == 0 ? bareClaimOf(alice, claimed) : claimOf(alice, _commitment, claimed, offset, 0);
        registry.claimCommitment(claim_, SUBACCOUNT, SALT);
    }

    function expectNothingDue(address claimed) private {
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_NothingDue.selector, _commitment, claimed));
    }
}
