// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TypedMessages} from "../../src/libraries/TypedMessages.sol";
import {
    Absorb,
    AcceptLeader,
    AcceptStandby,
    Checkpoint,
    ExitRoots,
    ForcedAnswer,
    SettlementIntent,
    SettlementOrder,
    ShedHooks,
    Shuttle,
    Withdrawal
} from "../../src/types/Messages.sol";
import {Signing} from "../support/Signing.sol";
import {Test} from "forge-std/Test.sol";

/// @dev The library's hashes against forge's own implementation of EIP-712.
contract TypedMessagesTest is Test, Signing {
    Domain private _domain = Domain("MyrtleWyckoff Checkpointer", "1", 31337, address(0xC0FFEE));

    function testFuzz_hashStruct_ofWithdrawal(Withdrawal calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofSettlementIntent(SettlementIntent calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofSettlementOrder(SettlementOrder calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofShedHooks(ShedHooks calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofShuttle(Shuttle calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofAbsorb(Absorb calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofExitRoots(ExitRoots calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofForcedAnswer(ForcedAnswer calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofCheckpoint(Checkpoint calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofAcceptLeader(AcceptLeader calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function testFuzz_hashStruct_ofAcceptStandby(AcceptStandby calldata message) public view {
        assertEq(digest(TypedMessages.hashStruct(message)), digestOf(_domain, message));
    }

    function digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 separator = TypedMessages.domainSeparator(_domain.name, _domain.chainId, _domain.at);
        return TypedMessages.digest(separator, structHash);
    }
}
