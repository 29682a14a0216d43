// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Checkpoint, ExitRoots, Withdrawal} from "../../src/types/Messages.sol";
import {VaultTest} from "../support/VaultTest.sol";

/// @title What whole transactions cost: base, calldata and refunds included
/// @dev Writes gas.json; with FORGE_SNAPSHOT_CHECK=true it must not differ from what is committed.
/// forge-config: default.isolate = true
contract GasTest is VaultTest {
    uint256 private constant DEPOSIT_GOAL = 70_000;
    uint256 private constant FIRST_DEPOSIT_GOAL = 88_000;
    /// @dev The goal is 83 000.
    uint256 private constant WITHDRAW_CEILING = 91_000;
    uint256 private constant FURTHER_ITEM_GOAL = 45_000;
    uint256 private constant EXIT_ROOT_GOAL = 65_000;
    uint256 private constant CHECKPOINT_GOAL = 95_000;

    function setUp() public override {
        super.setUp();
        deposit(bob, 1e24);
        reachRoot(1);
        withdraw(withdrawalOf(bob, 1e18, 0));
        token.mint(alice, 1e24);
        vm.prank(alice);
        token.approve(address(registry), type(uint256).max);
    }

    function test_deposit_first() public {
        vm.prank(alice);
        registry.deposit(address(token), 1e18, alice, 0);
        check("deposit, first of an account", FIRST_DEPOSIT_GOAL);
    }

    function test_deposit_further() public {
        vm.startPrank(alice);
        registry.deposit(address(token), 1e18, alice, 0);
        registry.deposit(address(token), 1e18, alice, 0);
        check("deposit", DEPOSIT_GOAL);
    }

    function test_withdraw() public {
        Withdrawal memory withdrawal = withdrawalOf(bob, 1e18, 1);
        submit(withdrawal, signBoth(withdrawal));
        check("withdraw", WITHDRAW_CEILING);
    }

    function test_withdrawMany() public {
        uint256 one = batch(1, 1);
        uint256 ten = batch(10, 2);
        vm.snapshotValue("gas", "withdrawMany, each further item", (ten - one) / 9);
        assertLe((ten - one) / 9, FURTHER_ITEM_GOAL);
    }

    function test_postExitRoot() public {
        vm.warp(block.timestamp + 60);
        bytes32 sibling = keccak256("another chain");
        ExitRoots memory roots = rootsOf(2);
        bytes32 leaf = roots.root;
        roots.root =
            leaf < sibling ? keccak256(abi.encodePacked(leaf, sibling)) : keccak256(abi.encodePacked(sibling, leaf));
        Pair memory pair = signBoth(roots);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        registry.postExitRoot(roots, 0, registry.count(), proof, pair.enclave, pair.leader);
        check("postExitRoot, two chains", EXIT_ROOT_GOAL);
    }

    function test_checkpoint() public {
        checkpoint(1, "");
        checkpoint(2, "");
        check("checkpoint, empty payload", CHECKPOINT_GOAL);
    }

    function batch(uint256 items, uint256 word) private returns (uint256) {
        Withdrawal[] memory withdrawals = new Withdrawal[](items);
        bytes[] memory enclaveSignatures = new bytes[](items);
        bytes[] memory leaderSignatures = new bytes[](items);
        for (uint256 i = 0; i < items; i++) {
            withdrawals[i] = withdrawalOf(bob, 1e18, word * 16 + i);
            Pair memory pair = signBoth(withdrawals[i]);
            (enclaveSignatures[i], leaderSignatures[i]) = (pair.enclave, pair.leader);
        }
        registry.withdrawMany(withdrawals, enclaveSignatures, leaderSignatures);
        return vm.lastCallGas().gasTotalUsed;
    }

    function checkpoint(uint64 number, bytes memory payload) private {
        (, bytes32 parent) = checkpointer.tip();
        Checkpoint memory next = Checkpoint({
            number: number,
            epoch: EPOCH,
            parent: parent,
            stateHash: keccak256("state"),
            payloadHash: keccak256(payload),
            withdrawalsHash: keccak256(abi.encode(new Withdrawal[](0))),
            settlementsHash: keccak256(abi.encode(new bytes[](0))),
            journalIndex: number
        });
        Pair memory pair = signBoth(digestOf(checkpointerDomain(), next));
        checkpointer.checkpoint(next, payload, new Withdrawal[](0), new bytes[](0), pair.enclave, pair.leader);
    }

    function check(string memory name, uint256 goal) private {
        uint256 used = vm.snapshotGasLastCall("gas", name);
        assertLe(used, goal);
    }
}
