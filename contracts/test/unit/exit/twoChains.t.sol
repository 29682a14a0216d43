// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Authority} from "../../../src/Authority.sol";
import {DepositRegistry} from "../../../src/DepositRegistry.sol";
import {TokenListing} from "../../../src/types/Listings.sol";
import {ExitRoots} from "../../../src/types/Messages.sol";
import {ExitPhase} from "../../../src/types/VaultState.sol";
import {ExitTest} from "../../support/ExitTest.sol";

/// @dev Attack: roots of different checkpoints on two chains. Alice brought 1 000 here and Bob 1 000 there; by checkpoint 2
/// they have changed places. Then only the far vault gets root 2, and the keeper falls silent.
contract ExitOfTwoChainsTest is ExitTest {
    uint256 private constant FAR = 8453;

    /// @dev A vault, and whom the money in it belongs to by checkpoint 1 and by checkpoint 2.
    struct Place {
        uint256 chainId;
        Authority authority;
        DepositRegistry registry;
        uint64 processedIndex;
        address brought;
        address owns;
    }

    Place private _near;
    Place private _far;
    ExitRoots private _last;

    function setUp() public override {
        super.setUp();
        _near = Place(HOME, authority, registry, 0, alice, bob);
        deployFar();
        _far = Place(FAR, authority, registry, 0, bob, alice);
        bring(_near);
        bring(_far);

        ExitRoots memory first = rootsOfBoth(1);
        carry(first, _near, _far);
        carry(first, _far, _near);
        _last = rootsOfBoth(2);
        carry(_last, _far, _near);
        vm.warp(block.timestamp + 7 days);
        registry.enterExitMode();
        goTo(_near);
        registry.enterExitMode();
    }

    /// @dev Without it Alice could take out 1 000 on each chain, and Bob nothing.
    function test_attack_rootsOfDifferentCheckpoints_anybodyLevelsThem() public {
        vm.prank(bob);
        carry(_last, _near, _far);
        assertPhase(ExitPhase.Closing);
        assertPaid(_near, 2, bob, 1_000);
        assertPaid(_near, 2, courier, 500);
        assertPaid(_far, 2, alice, 1_000);
        assertPaid(_far, 2, courier, 500);
    }

    /// @dev What nobody levelled goes wrong between the two who traded. It costs nobody else anything.
    function test_attack_rootsOfDifferentCheckpoints_costNobodyElse() public {
        assertPaid(_near, 1, alice, 1_000);
        assertPaid(_near, 1, courier, 500);
        assertPaid(_far, 2, alice, 1_000);
        assertPaid(_far, 2, courier, 500);
        assertEq(token.balanceOf(address(_near.registry)), 0);
        assertEq(token.balanceOf(address(_far.registry)), 0);
    }

    // ---------------------------------------------------------------- helpers

    /// @dev Another authority and another vault, for the checkpointer of the home chain.
    function deployFar() private {
        vm.chainId(FAR);
        (address checkpointerAt, uint64 nonce) = (address(checkpointer), vm.getNonce(address(this)));
        authority = new Authority(authorityGenesis(vm.computeCreateAddress(address(this), nonce + 1), checkpointerAt));
        registry = newRegistry(checkpointerAt, 0, new TokenListing[](0));
        list(address(token));
        appointLeader(leaderKey, EPOCH);
    }

    function goTo(Place memory place) private {
        vm.chainId(place.chainId);
        (authority, registry) = (place.authority, place.registry);
    }

    function bring(Place storage place) private {
        goTo(place);
        deposit(place.brought, 1_000);
        deposit(courier, 500);
        place.processedIndex = registry.count();
    }

    /// @dev Answers the leaf of the place's tree in the roots.
    function plant(Place memory place, uint64 checkpoint) private returns (bytes32) {
        goTo(place);
        (treeCheckpoint, leaves) = (checkpoint, new bytes32[](0));
        int256 moved = checkpoint == 1 ? int256(0) : int256(1_000);
        leaves.push(accountLeaf(keyOf(place.brought), address(token), -moved, 0));
        leaves.push(accountLeaf(keyOf(place.owns), address(token), moved, 0));
        leaves.push(accountLeaf(keyOf(courier), address(token), 0, 0));
        leaves.push(tokenLeaf(address(token), 0, 0));
        return leafOf(treeRoot(), place.processedIndex);
    }

    function rootsOfBoth(uint64 checkpoint) private returns (ExitRoots memory) {
        vm.warp(block.timestamp + 1 hours);
        bytes32 root = sortedPair(plant(_near, checkpoint), plant(_far, checkpoint));
        return ExitRoots(EPOCH, checkpoint, uint64(block.timestamp), root);
    }

    function carry(ExitRoots memory roots, Place memory to, Place memory sibling) private {
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = plant(sibling, roots.checkpoint);
        plant(to, roots.checkpoint);
        Pair memory pair = signBoth(roots);
        registry.postExitRoot(roots, treeRoot(), to.processedIndex, proof, pair.enclave, pair.leader);
    }

    function assertPaid(Place memory place, uint64 checkpoint, address account, uint256 expected) private {
        plant(place, checkpoint);
        if (!isFinal()) {
            vm.warp(block.timestamp + 72 hours);
            registry.finalizeExit();
        }
        if (!registry.exitTotals(address(token)).areProved) proveTotals(address(token), 0, 0);
        int256 moved =
            checkpoint == 1 || account == courier ? int256(0) : account == place.owns ? int256(1_000) : -int256(1_000);
        uint256 before = token.balanceOf(account);
        registry.claim(claimOf(account, address(token), moved, 0));
        assertEq(token.balanceOf(account) - before, expected);
    }

    function isFinal() private view returns (bool) {
        return registry.exitPhase() == ExitPhase.Final;
    }
}
