// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {Checkpointer} from "../../src/Checkpointer.sol";
import {ICheckpointer} from "../../src/interfaces/ICheckpointer.sol";
import {Checkpoint, Withdrawal} from "../../src/types/Messages.sol";
import {VaultTest} from "../support/VaultTest.sol";

contract CheckpointerRingTest is VaultTest {
    uint64 private constant RING = 3;
    /// @dev Message, offset and length of the payload: what the data of an entry holds beside the payload.
    uint256 private constant OVERHEAD = 320;
    uint256 private constant CHUNK = 24_575;

    function setUp() public override {
        super.setUp();
        checkpointer = new Checkpointer(address(authority), RING);
    }

    function test_payloadOf_isWhatWasLogged() public {
        vm.recordLogs();
        Checkpoint memory posted = post(bytes("encrypted snapshot"));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (Checkpoint memory kept, bytes memory payload) = checkpointer.payloadOf(1);
        assertEq(abi.encode(kept, payload), logs[0].data);
        assertEq(abi.encode(kept), abi.encode(posted));
        assertEq(payload, bytes("encrypted snapshot"));
    }

    function test_payloadOf_answersForTheNewestOnly() public {
        assertEq(checkpointer.ringSize(), RING);
        for (uint64 number = 1; number <= 2 * RING + 1; number++) {
            post(payloadNumber(number));
            uint64 oldest = number < RING ? 1 : number - RING + 1;
            assertKept(oldest, number);
            for (uint64 kept = oldest; kept <= number; kept++) {
                (Checkpoint memory checkpoint, bytes memory payload) = checkpointer.payloadOf(kept);
                assertEq(checkpoint.number, kept);
                assertEq(payload, payloadNumber(kept));
            }
            expectNotKept(oldest - 1, oldest, number);
            expectNotKept(number + 1, oldest, number);
        }
    }

    function test_payloadOf_revertsBeforeTheFirst() public {
        assertKept(0, 0);
        expectNotKept(0, 0, 0);
        expectNotKept(1, 0, 0);
    }

    function test_payloadOf_revertsWithoutARing() public {
        checkpointer = new Checkpointer(address(authority), 0);
        post(bytes("in the event only"));
        assertEq(checkpointer.ringSize(), 0);
        assertKept(0, 0);
        expectNotKept(0, 0, 0);
        expectNotKept(1, 0, 0);
    }

    function test_payloadOf_joinsTheChunksOfALargeOne() public {
        for (uint256 chunks = 1; chunks <= 3; chunks++) {
            assertComesBack(chunks * CHUNK - OVERHEAD - 32);
            assertComesBack(chunks * CHUNK - OVERHEAD);
            assertComesBack(chunks * CHUNK - OVERHEAD + 1);
        }
        assertComesBack(0);
        assertComesBack(131_072);
    }

    /// @dev A slot that held many chunks holds fewer afterwards.
    function test_payloadOf_ofASmallOneAfterALargeOne() public {
        post(noise(3 * CHUNK));
        for (uint64 i = 0; i < RING; i++) {
            assertComesBack(100 + i);
        }
    }

    function testFuzz_payloadOf_givesBackAnything(bytes[] calldata payloads) public {
        uint64 newest = uint64(payloads.length > 8 ? 8 : payloads.length);
        for (uint64 i = 0; i < newest; i++) {
            post(payloads[i]);
        }
        for (uint64 number = newest > RING ? newest - RING + 1 : 1; number <= newest; number++) {
            (, bytes memory payload) = checkpointer.payloadOf(number);
            assertEq(payload, payloads[number - 1]);
        }
    }

    /// @dev The contracts that hold payloads begin with STOP: nobody can call what is in them.
    function test_checkpoint_keepsPayloadsAsCodeThatDoesNothing() public {
        address holder = vm.computeCreateAddress(address(checkpointer), 1);
        post(hex"6000600055ff");
        assertEq(uint8(holder.code[0]), 0);
        (bool ok, bytes memory answer) = holder.call(hex"01020304");
        assertTrue(ok);
        assertEq(answer.length, 0);
        (, bytes memory payload) = checkpointer.payloadOf(1);
        assertEq(payload, hex"6000600055ff");
    }

    function test_checkpoint_keepsNothingThatIsRefused() public {
        post(bytes("first"));
        Checkpoint memory next = nextOf(bytes("second"));
        Pair memory pair = signBoth(digestOf(checkpointerDomain(), next));
        vm.expectPartialRevert(ICheckpointer.Checkpointer_WrongPayload.selector);
        checkpointer.checkpoint(next, bytes("other"), new Withdrawal[](0), new bytes[](0), pair.enclave, pair.leader);
        assertKept(1, 1);
        expectNotKept(2, 1, 1);
    }

    // ---------------------------------------------------------------- helpers

    function post(bytes memory payload) private returns (Checkpoint memory next) {
        next = nextOf(payload);
        Pair memory pair = signBoth(digestOf(checkpointerDomain(), next));
        checkpointer.checkpoint(next, payload, new Withdrawal[](0), new bytes[](0), pair.enclave, pair.leader);
    }

    function nextOf(bytes memory payload) private view returns (Checkpoint memory) {
        (uint64 number, bytes32 parent) = checkpointer.tip();
        return Checkpoint({
            number: number + 1,
            epoch: EPOCH,
            parent: parent,
            stateHash: keccak256(abi.encode("state", number + 1)),
            payloadHash: keccak256(payload),
            withdrawalsHash: keccak256(abi.encode(new Withdrawal[](0))),
            settlementsHash: keccak256(abi.encode(new bytes[](0))),
            journalIndex: 100 + number
        });
    }

    function payloadNumber(uint64 number) private pure returns (bytes memory) {
        return abi.encodePacked("payload ", number);
    }

    function noise(uint256 length) private pure returns (bytes memory bytes_) {
        bytes_ = new bytes(length);
        for (uint256 i = 0; i < length; i += 32) {
            bytes32 word = keccak256(abi.encode(length, i));
            for (uint256 j = 0; j < 32 && i + j < length; j++) {
                bytes_[i + j] = word[j];
            }
        }
    }

    function assertComesBack(uint256 length) private {
        bytes memory expected = noise(length);
        Checkpoint memory posted = post(expected);
        (, bytes memory payload) = checkpointer.payloadOf(posted.number);
        assertEq(keccak256(payload), keccak256(expected));
    }

    function assertKept(uint64 oldest, uint64 newest) private view {
        (uint64 from, uint64 to) = checkpointer.kept();
        assertEq(from, oldest);
        assertEq(to, newest);
    }

    function expectNotKept(uint64 number, uint64 oldest, uint64 newest) private {
        vm.expectRevert(abi.encodeWithSelector(ICheckpointer.Checkpointer_NotKept.selector, number, oldest, newest));
        checkpointer.payloadOf(number);
    }
}
