// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EIP712} from "solady/utils/EIP712.sol";
import {LibBytes} from "solady/utils/LibBytes.sol";
import {SSTORE2} from "solady/utils/SSTORE2.sol";

import {EventLog} from "./EventLog.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {ICheckpointer} from "./interfaces/ICheckpointer.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TypedMessages} from "./libraries/TypedMessages.sol";
import {Checkpoint, Withdrawal} from "./types/Messages.sol";

/// @title The chain of encrypted snapshots
contract Checkpointer is ICheckpointer, EventLog, EIP712 {
    /// @dev What one contract can hold: code has at most 24 576 bytes (EIP-170), and SSTORE2 puts one in front.
    uint256 private constant CHUNK_LIMIT = 24_575;

    IAuthority private immutable AUTHORITY;
    uint64 private immutable RING_SIZE;

    uint64 private _number;
    bytes32 private _digest;
    /// @dev By number modulo RING_SIZE: the contracts whose code, one after the other, is the data of the log entry.
    mapping(uint256 slot => address[] chunks) private _ring;

    constructor(address authority_, uint64 ringSize_) {
        AUTHORITY = IAuthority(authority_);
        RING_SIZE = ringSize_;
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
        bytes memory data = abi.encode(checkpoint_, payload);
        _append(Checkpointed.selector, data);
        if (withdrawals.length != 0) {
            _append(WithdrawalsApproved.selector, abi.encode(checkpoint_.number, withdrawals));
        }
        if (ciphertexts.length != 0) {
            _append(SettlementOrders.selector, abi.encode(checkpoint_.number, ciphertexts));
        }
        if (RING_SIZE != 0) _keep(checkpoint_.number, data);
    }

    /// @inheritdoc ICheckpointer
    function authority() external view returns (address) {
        return address(AUTHORITY);
    }

    /// @inheritdoc ICheckpointer
    function tip() external view returns (uint64 number, bytes32 digest) {
        return (_number, _digest);
    }

    /// @inheritdoc ICheckpointer
    function ringSize() external view returns (uint64) {
        return RING_SIZE;
    }

    /// @inheritdoc ICheckpointer
    function kept() public view returns (uint64 oldest, uint64 newest) {
        if (RING_SIZE == 0 || _number == 0) return (0, 0);
        return (_number > RING_SIZE ? _number - RING_SIZE + 1 : 1, _number);
    }

    /// @inheritdoc ICheckpointer
    function payloadOf(uint64 number) external view returns (Checkpoint memory checkpoint_, bytes memory payload) {
        (uint64 oldest, uint64 newest) = kept();
        if (number == 0 || number < oldest || number > newest) revert Checkpointer_NotKept(number, oldest, newest);
        address[] storage chunks = _ring[number % RING_SIZE];
        bytes memory data;
        for (uint256 i = 0; i < chunks.length; i++) {
            data = bytes.concat(data, SSTORE2.read(chunks[i]));
        }
        return abi.decode(data, (Checkpoint, bytes));
    }

    /// @dev Overwrites the oldest: the chain keeps its code for ever, but this contract does not name it any more.
    function _keep(uint64 number, bytes memory data) private {
        address[] memory chunks = new address[]((data.length + CHUNK_LIMIT - 1) / CHUNK_LIMIT);
        for (uint256 i = 0; i < chunks.length; i++) {
            chunks[i] = SSTORE2.write(LibBytes.slice(data, i * CHUNK_LIMIT, (i + 1) * CHUNK_LIMIT));
        }
        _ring[number % RING_SIZE] = chunks;
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
        Signatures.requireBoth(digest, Signatures.pairOf(enclave, leader), enclaveSignature, leaderSignature);
    }

    function _domainNameAndVersion() internal pure override returns (string memory name, string memory version) {
        return (TypedMessages.CHECKPOINTER_NAME, TypedMessages.VERSION);
    }
}
