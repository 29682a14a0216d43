// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Checkpoint, ExitRoots, Withdrawal} from "../../src/types/Messages.sol";
import {VaultTest} from "../support/VaultTest.sol";

/// @title Messages are hashed as they lie in the calldata, so each bit of every word is signed, unused ones too
contract SignedBitsTest is VaultTest {
    function test_withdraw_acceptsNoOtherBit() public {
        deposit(alice, 1e18);
        reachRoot(1);
        Withdrawal memory withdrawal = withdrawalOf(alice, 1e18, 1);
        Pair memory pair = signBoth(withdrawal);
        assertEveryBitCounts(
            address(registry), abi.encodeCall(registry.withdraw, (withdrawal, pair.enclave, pair.leader)), 7
        );
    }

    /// @dev The four words of the message, the tree's root and the index.
    function test_postExitRoot_acceptsNoOtherBit() public {
        reachRoot(1);
        vm.warp(block.timestamp + 1 hours);
        ExitRoots memory roots = rootsOf(2);
        Pair memory pair = signBoth(roots);
        bytes32[] memory proof = new bytes32[](0);
        bytes memory call =
            abi.encodeCall(registry.postExitRoot, (roots, 0, registry.count(), proof, pair.enclave, pair.leader));
        assertEveryBitCounts(address(registry), call, 6);
    }

    function test_checkpoint_acceptsNoOtherBit() public {
        Withdrawal[] memory withdrawals = new Withdrawal[](0);
        bytes[] memory ciphertexts = new bytes[](0);
        Checkpoint memory checkpoint = Checkpoint({
            number: 1,
            epoch: EPOCH,
            parent: 0,
            stateHash: "state",
            payloadHash: keccak256(""),
            withdrawalsHash: keccak256(abi.encode(withdrawals)),
            settlementsHash: keccak256(abi.encode(ciphertexts)),
            journalIndex: 1
        });
        Pair memory pair = signBoth(digestOf(checkpointerDomain(), checkpoint));
        bytes memory call = abi.encodeCall(
            checkpointer.checkpoint, (checkpoint, "", withdrawals, ciphertexts, pair.enclave, pair.leader)
        );
        assertEveryBitCounts(address(checkpointer), call, 8);
    }

    /// @dev The message is the first argument, and static.
    function assertEveryBitCounts(address target, bytes memory call, uint256 words) private {
        for (uint256 i = 0; i < words * 256; i++) {
            flip(call, i);
            (bool accepted,) = target.call(call);
            assertFalse(accepted);
            flip(call, i);
        }
        (bool ok,) = target.call(call);
        assertTrue(ok);
    }

    function flip(bytes memory call, uint256 bit) private pure {
        call[4 + bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
    }
}
