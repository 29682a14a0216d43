// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ExitClaim} from "../../src/types/Exit.sol";
import {ForcedAnswer} from "../../src/types/Messages.sol";
import {ExitTest} from "../support/ExitTest.sol";

/// @title What an exit costs: whole transactions
/// @dev Writes exit.json; with FORGE_SNAPSHOT_CHECK=true it must not differ from what is committed.
/// forge-config: default.isolate = true
contract ExitGasTest is ExitTest {
    /// @dev 2²⁰ leaves and more: 10⁶ accounts.
    uint256 private constant LEVELS = 20;

    bytes32[] private _siblings;

    function setUp() public override {
        super.setUp();
        deposit(alice, 1_000);
        deposit(bob, 1_000);
        for (uint256 i = 0; i < LEVELS; i++) {
            _siblings.push(keccak256(abi.encode(i)));
        }
    }

    function test_claim_ofAMillionLeaves() public {
        bytes32 totals = tokenLeaf(address(token), 0, 1_000);
        plant(accountLeaf(keyOf(alice), address(token), 500, 100), totals);
        bytes32[] memory proof = _siblings;
        registry.proveTotals(address(token), 0, 1_000, proof);
        vm.snapshotGasLastCall("exit", "proveTotals, 20 levels");
        ExitClaim memory claim = bareClaimOf(alice, address(token));
        (claim.offset, claim.transit, claim.salt) = (500, 100, saltOf(keyOf(alice), address(token)));
        claim.proof = proof;
        claim.proof[0] = totals;
        token.mint(address(registry), 1_000);
        registry.claim(claim);
        vm.snapshotGasLastCall("exit", "claim, 20 levels");
        assertEq(token.balanceOf(alice), 1_600);
    }

    function test_claim_withoutALeaf() public {
        reachFinal();
        registry.claim(bareClaimOf(alice, address(token)));
        vm.snapshotGasLastCall("exit", "claim, without a leaf");
    }

    function test_forcedWithdrawal() public {
        reachRoot(1);
        uint256 id = ask(alice, 600);
        vm.snapshotGasLastCall("exit", "requestForcedWithdrawal");
        ForcedAnswer memory message = ForcedAnswer(id, 600, PAID, 1);
        Pair memory pair = signBoth(digestOf(registryDomain(), message));
        vm.prank(courier);
        registry.answerForced(message, pair.enclave, pair.leader);
        vm.snapshotGasLastCall("exit", "answerForced");
        id = ask(alice, 600);
        message = ForcedAnswer(id, 0, NO_BALANCE, 1);
        pair = signBoth(digestOf(registryDomain(), message));
        vm.prank(courier);
        registry.answerForced(message, pair.enclave, pair.leader);
        vm.snapshotGasLastCall("exit", "answerForced, refused");
    }

    /// @dev Both leaves at the bottom of a tree of which only this path is known.
    function plant(bytes32 leaf, bytes32 totals) private {
        bytes32 node = sortedPair(leaf, totals);
        for (uint256 i = 1; i < LEVELS; i++) {
            node = sortedPair(node, _siblings[i]);
        }
        // `postTree` posts the root of `leaves`: of one leaf it is the leaf.
        leaves.push(node);
        postTree();
        _siblings[0] = leaf;
        reachFinal();
    }
}
