// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EIP712} from "solady/utils/EIP712.sol";

import {EventLog} from "./EventLog.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {ICheckpointer} from "./interfaces/ICheckpointer.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TypedMessages} from "./libraries/TypedMessages.sol";
import {Checkpoint, Withdrawal} from "./types/Messages.sol";

/// @title The chain of encrypted snapshots
contract Checkpointer is ICheckpointer, EventLog, EIP712 {
    IAuthority private immutable AUTHORITY;

    uint64 private _number;
    bytes32 private _digest;

    constructor(address authority_) {
        AUTHORITY = IAuthority(authority_);
    }

    /// @inheritdoc ICheckpointer
    function checkpoint(
        Checkpoint calldata checkpoint_,
        bytes calldata payload,
        Withdrawal[] calldata withdrawals,
        bytes[] calldata ciphertexts,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external {
        _requireNext(checkpoint_);
        _requireContent(checkpoint_, payload, withdrawals, ciphertexts);
        bytes32 digest = _hashTypedData(TypedMessages.hashStruct(checkpoint_));
        _requireSigned(checkpoint_.epoch, digest, enclaveSignature, leaderSignature);

        (_number, _digest) = (checkpoint_.number, digest);
        _append(Checkpointed.selector, abi.encode(checkpoint_, payload));
        if (withdrawals.length != 0) {
            _append(WithdrawalsApproved.selector, abi.encode(checkpoint_.number, withdrawals));
        }
        if (ciphertexts.length != 0) {
            _append(SettlementOrders.selector, abi.encode(checkpoint_.number, ciphertexts));
        }
    }

    /// @inheritdoc ICheckpointer
    function authority() external view returns (address) {
        return address(AUTHORITY);
    }

    /// @inheritdoc ICheckpointer
    function tip() external view returns (uint64 number, bytes32 digest) {
        return (_number, _digest);
    }

    function _requireNext(Checkpoint calldata checkpoint_) private view {
        uint64 next = _number + 1;
        if (checkpoint_.number != next) revert Checkpointer_WrongNumber(checkpoint_.number, next);
        if (checkpoint_.parent != _digest) revert Checkpointer_WrongParent(checkpoint_.parent, _digest);
    }

    /// @dev Without this anybody could front-run a checkpoint with its signatures and other content.
    function _requireContent(
        Checkpoint calldata checkpoint_,
        bytes calldata payload,
        Withdrawal[] calldata withdrawals,
        bytes[] calldata ciphertexts
    ) private pure {
        bytes32 expected = keccak256(payload);
        if (checkpoint_.payloadHash != expected) {
            revert Checkpointer_WrongPayload(checkpoint_.payloadHash, expected);
        }
        expected = keccak256(abi.encode(withdrawals));
        if (checkpoint_.withdrawalsHash != expected) {
            revert Checkpointer_WrongWithdrawals(checkpoint_.withdrawalsHash, expected);
        }
        expected = keccak256(abi.encode(ciphertexts));
        if (checkpoint_.settlementsHash != expected) {
            revert Checkpointer_WrongSettlements(checkpoint_.settlementsHash, expected);
        }
    }

    function _requireSigned(
        uint64 epoch,
        bytes32 digest,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) private view {
        (address enclave, address leader, uint64 current, bool paused) = AUTHORITY.signers();
        if (paused) revert Checkpointer_Paused();
        if (epoch != current) revert Checkpointer_WrongEpoch(epoch, current);
        Signatures.requireBoth(digest, enclave, leader, enclaveSignature, leaderSignature);
    }

    function _domainNameAndVersion() internal pure override returns (string memory name, string memory version) {
        return (TypedMessages.CHECKPOINTER_NAME, TypedMessages.VERSION);
    }
}
