// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Checkpointer} from "../../src/Checkpointer.sol";
import {Checkpoint, ExitRoots, Withdrawal} from "../../src/types/Messages.sol";
import {VaultTest} from "../support/VaultTest.sol";

/// @dev A cheat code that forge-std does not know yet.
interface IEvmVersion {
    function setEvmVersion(string calldata version) external;
}

/// @title What whole transactions cost: base, calldata and refunds included
/// @dev Writes gas.json; with FORGE_SNAPSHOT_CHECK=true it must not differ from what is committed.
/// forge-config: default.isolate = true
contract GasTest is VaultTest {
    uint256 private constant DEPOSIT_GOAL = 70_000;
    uint256 private constant FIRST_DEPOSIT_GOAL = 88_000;
    /// @dev The goal is 83 000.
    uint256 private constant WITHDRAW_CEILING = 86_500;
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

    function test_checkpoint_perKib() public {
        checkpoint(1, "");
        checkKib(2, "checkpoint, each KiB of payload");
    }

    function test_checkpoint_keptInStorage() public {
        checkpointer = new Checkpointer(address(authority), 1);
        checkpoint(1, "");
        checkpoint(2, "");
        vm.snapshotGasLastCall("gas", "checkpoint kept in storage, empty payload");
        checkKib(3, "checkpoint kept in storage, each KiB of payload");
    }

    /// @dev Since Prague a transaction that is mostly calldata pays a higher price for it (EIP-7623).
    function test_checkpoint_perKibOnPrague() public {
        IEvmVersion(address(vm)).setEvmVersion("prague");
        checkpoint(1, "");
        checkKib(2, "checkpoint, each KiB of payload, Prague");
        checkpointer = new Checkpointer(address(authority), 1);
        checkpoint(1, "");
        checkKib(2, "checkpoint kept in storage, each KiB of payload, Prague");
    }

    /// @dev Payloads that one contract can hold.
    function checkKib(uint64 number, string memory name) private {
        uint256 small = checkpointWith(number, 4 * 1024);
        uint256 large = checkpointWith(number + 1, 20 * 1024);
        vm.snapshotValue("gas", name, (large - small) / 16);
    }

    /// @dev Ciphertext has hardly a zero byte.
    function checkpointWith(uint64 number, uint256 length) private returns (uint256) {
        bytes memory payload = new bytes(length);
        for (uint256 i = 0; i < length; i++) {
            payload[i] = bytes1(uint8(1 + i % 255));
        }
        checkpoint(number, payload);
        return vm.lastCallGas().gasTotalUsed;
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
