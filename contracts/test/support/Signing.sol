// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CommonBase} from "forge-std/Base.sol";

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

/// @title Digests and signatures as a wallet would make them
/// @dev Digests come from forge's own EIP-712, not from the library under test.
abstract contract Signing is CommonBase {
    string internal constant WITHDRAWAL =
        "Withdrawal(address account,address token,uint256 amount,address recipient,uint256 nonce,uint64 checkpoint,uint64 deadline)";
    string internal constant SETTLEMENT_INTENT =
        "SettlementIntent(bytes32 nonce,address sellToken,address buyToken,uint256 sellAmount,uint256 buyAmount,bool buyExact,bool partiallyFillable,uint32 validTo,bytes32 owner,uint64 checkpoint)";
    string internal constant SETTLEMENT_ORDER = "SettlementOrder(bytes32 orderDigest)";
    string internal constant SHED_HOOKS = "ShedHooks(bytes32 hooksHash)";
    string internal constant SHUTTLE =
        "Shuttle(bytes32 nonce,uint256 originChainId,uint256 destinationChainId,address inputToken,address outputToken,uint256 inputAmount,uint256 outputAmount,uint32 fillDeadline,uint64 validUntil,uint64 checkpoint)";
    string internal constant ABSORB =
        "Absorb(bytes32 nonce,address token,uint256 amount,uint8 reason,uint64 checkpoint)";
    string internal constant EXIT_ROOTS = "ExitRoots(uint64 epoch,uint64 checkpoint,uint64 issuedAt,bytes32 root)";
    string internal constant FORCED_ANSWER = "ForcedAnswer(uint256 id,uint256 paid,uint8 reason,uint64 checkpoint)";
    string internal constant CHECKPOINT =
        "Checkpoint(uint64 number,uint64 epoch,bytes32 parent,bytes32 stateHash,bytes32 payloadHash,bytes32 withdrawalsHash,bytes32 settlementsHash,uint64 journalIndex)";
    string internal constant ACCEPT_LEADER = "AcceptLeader(address candidate,uint64 epoch,bytes32 expectedTip)";
    string internal constant ACCEPT_STANDBY = "AcceptStandby(address candidate,bytes32 evidenceDigest)";
    string internal constant DOMAIN =
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

    struct Domain {
        string name;
        string version;
        uint256 chainId;
        address at;
    }

    /// @notice Both signatures of one message.
    struct Pair {
        bytes enclave;
        bytes leader;
    }

    function digestOf(Domain memory domain, Withdrawal memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(WITHDRAWAL, abi.encode(message)));
    }

    function digestOf(Domain memory domain, SettlementIntent memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(SETTLEMENT_INTENT, abi.encode(message)));
    }

    function digestOf(Domain memory domain, SettlementOrder memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(SETTLEMENT_ORDER, abi.encode(message)));
    }

    function digestOf(Domain memory domain, ShedHooks memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(SHED_HOOKS, abi.encode(message)));
    }

    function digestOf(Domain memory domain, Shuttle memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(SHUTTLE, abi.encode(message)));
    }

    function digestOf(Domain memory domain, Absorb memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(ABSORB, abi.encode(message)));
    }

    function digestOf(Domain memory domain, ExitRoots memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(EXIT_ROOTS, abi.encode(message)));
    }

    function digestOf(Domain memory domain, ForcedAnswer memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(FORCED_ANSWER, abi.encode(message)));
    }

    function digestOf(Domain memory domain, Checkpoint memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(CHECKPOINT, abi.encode(message)));
    }

    function digestOf(Domain memory domain, AcceptLeader memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(ACCEPT_LEADER, abi.encode(message)));
    }

    function digestOf(Domain memory domain, AcceptStandby memory message) internal pure returns (bytes32) {
        return _digest(domain, vm.eip712HashStruct(ACCEPT_STANDBY, abi.encode(message)));
    }

    /// @dev 65 bytes `r‖s‖v`.
    function signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other signature that recovers to the same key: `s` mirrored, high.
    function malleated(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = _split(signature);
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        return abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }

    /// @dev The 64-byte form of EIP-2098.
    function compacted(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = _split(signature);
        return abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function _digest(Domain memory domain, bytes32 structHash) private pure returns (bytes32) {
        bytes32 separator = vm.eip712HashStruct(DOMAIN, abi.encode(domain));
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function _split(bytes memory signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }
}
