// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

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
} from "../types/Messages.sol";

/// @title EIP-712 struct hashes of the typed messages, and the domain of another chain's contract
library TypedMessages {
    bytes32 internal constant WITHDRAWAL_TYPEHASH = keccak256(
        "Withdrawal(address account,address token,uint256 amount,address recipient,uint256 nonce,uint64 checkpoint,uint64 deadline)"
    );
    bytes32 internal constant SETTLEMENT_INTENT_TYPEHASH = keccak256(
        "SettlementIntent(bytes32 nonce,address sellToken,address buyToken,uint256 sellAmount,uint256 buyAmount,bool buyExact,bool partiallyFillable,uint32 validTo,bytes32 owner,uint64 checkpoint)"
    );
    bytes32 internal constant SETTLEMENT_ORDER_TYPEHASH = keccak256("SettlementOrder(bytes32 orderDigest)");
    bytes32 internal constant SHED_HOOKS_TYPEHASH = keccak256("ShedHooks(bytes32 hooksHash)");
    bytes32 internal constant FORCED_ANSWER_TYPEHASH =
        keccak256("ForcedAnswer(uint256 id,uint256 paid,uint8 reason,uint64 checkpoint)");
    bytes32 internal constant SHUTTLE_TYPEHASH = keccak256(
        "Shuttle(bytes32 nonce,uint256 originChainId,uint256 destinationChainId,address inputToken,address outputToken,uint256 inputAmount,uint256 outputAmount,uint32 fillDeadline,uint64 validUntil,uint64 checkpoint)"
    );
    bytes32 internal constant ABSORB_TYPEHASH =
        keccak256("Absorb(bytes32 nonce,address token,uint256 amount,uint8 reason,uint64 checkpoint)");
    bytes32 internal constant EXIT_ROOTS_TYPEHASH =
        keccak256("ExitRoots(uint64 epoch,uint64 checkpoint,uint64 issuedAt,bytes32 root)");
    bytes32 internal constant CHECKPOINT_TYPEHASH = keccak256(
        "Checkpoint(uint64 number,uint64 epoch,bytes32 parent,bytes32 stateHash,bytes32 payloadHash,bytes32 withdrawalsHash,bytes32 settlementsHash,uint64 journalIndex)"
    );
    bytes32 internal constant ACCEPT_LEADER_TYPEHASH =
        keccak256("AcceptLeader(address candidate,uint64 epoch,bytes32 expectedTip)");
    bytes32 internal constant ACCEPT_STANDBY_TYPEHASH =
        keccak256("AcceptStandby(address candidate,bytes32 evidenceDigest)");
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    string internal constant VERSION = "1";
    string internal constant REGISTRY_NAME = "MyrtleWyckoff DepositRegistry";
    string internal constant CHECKPOINTER_NAME = "MyrtleWyckoff Checkpointer";
    string internal constant AUTHORITY_NAME = "MyrtleWyckoff Authority";

    function hashStruct(Withdrawal calldata withdrawal) internal pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := withdrawal
        }
        return _hashWords(WITHDRAWAL_TYPEHASH, offset, 7);
    }

    function hashStruct(SettlementIntent memory intent) internal pure returns (bytes32) {
        return keccak256(abi.encode(SETTLEMENT_INTENT_TYPEHASH, intent));
    }

    function hashStruct(SettlementOrder memory order) internal pure returns (bytes32) {
        return keccak256(abi.encode(SETTLEMENT_ORDER_TYPEHASH, order));
    }

    function hashStruct(ShedHooks memory hooks) internal pure returns (bytes32) {
        return keccak256(abi.encode(SHED_HOOKS_TYPEHASH, hooks));
    }

    function hashStruct(ForcedAnswer calldata answer) internal pure returns (bytes32) {
        return keccak256(abi.encode(FORCED_ANSWER_TYPEHASH, answer));
    }

    function hashStruct(Shuttle calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(SHUTTLE_TYPEHASH, order));
    }

    function hashStruct(Absorb calldata absorption) internal pure returns (bytes32) {
        return keccak256(abi.encode(ABSORB_TYPEHASH, absorption));
    }

    function hashStruct(ExitRoots calldata roots) internal pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := roots
        }
        return _hashWords(EXIT_ROOTS_TYPEHASH, offset, 4);
    }

    function hashStruct(Checkpoint calldata checkpoint) internal pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := checkpoint
        }
        return _hashWords(CHECKPOINT_TYPEHASH, offset, 8);
    }

    function hashStruct(AcceptLeader memory acceptance) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCEPT_LEADER_TYPEHASH, acceptance));
    }

    function hashStruct(AcceptStandby memory acceptance) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCEPT_STANDBY_TYPEHASH, acceptance));
    }

    /// @dev Separator of a domain that is not this contract's own.
    function domainSeparator(string memory name, uint256 chainId, address verifyingContract)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256(bytes(VERSION)), chainId, verifyingContract)
        );
    }

    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    /// @dev The words of a struct as they lie in the calldata, straight from there. One that is not what its type allows
    /// makes a digest that nobody has signed.
    function _hashWords(bytes32 typehash, uint256 offset, uint256 words) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), offset, shl(5, words))
            hash := keccak256(free, add(0x20, shl(5, words)))
        }
    }
}
