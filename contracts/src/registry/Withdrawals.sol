// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EIP712} from "solady/utils/EIP712.sol";
import {LibBitmap} from "solady/utils/LibBitmap.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {TypedMessages} from "../libraries/TypedMessages.sol";
import {Withdrawal} from "../types/Messages.sol";
import {VaultState} from "../types/VaultState.sol";
import {VaultBooks} from "./VaultBooks.sol";
import {VaultStorage} from "./VaultStorage.sol";

/// @title The way out, with both signatures
abstract contract Withdrawals is VaultStorage, EIP712 {
    using LibBitmap for LibBitmap.Bitmap;
    using SafeTransferLib for address;
    using VaultBooks for VaultState;

    uint64 private constant MAX_DEADLINE_AHEAD = 7 days;
    /// @dev What one item of a batch may burn. Listed tokens stay far below.
    uint256 private constant ITEM_GAS = 400_000;
    /// @dev What the batch itself needs around one item, its report included.
    uint256 private constant ITEM_OVERHEAD_GAS = 20_000;

    mapping(address account => LibBitmap.Bitmap) private _usedNonces;

    /// @inheritdoc IDepositRegistry
    function isNonceUsed(address account, uint256 nonce) external view returns (bool) {
        return _usedNonces[account].get(nonce);
    }

    function _withdraw(Withdrawal calldata withdrawal, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        internal
    {
        _requireApproved(withdrawal, enclaveSignature, leaderSignature);
        _pay(withdrawal.account, withdrawal.token, withdrawal.amount, withdrawal.recipient, withdrawal.nonce);
    }

    function _pay(address account, address token, uint256 amount, address recipient, uint256 nonce) private {
        if (amount == 0) revert DepositRegistry_ZeroAmount();
        VaultBooks.requireRecipient(recipient);

        _useNonce(account, nonce);
        _vault.debitWithdrawal(VaultBooks.keyOf(account), token, amount);
        _vault.append(Withdrawn.selector, abi.encode(account, token, amount, recipient, nonce));
        token.safeTransfer(recipient, amount);
    }

    function _withdrawMany(
        Withdrawal[] calldata withdrawals,
        bytes[] calldata enclaveSignatures,
        bytes[] calldata leaderSignatures
    ) internal returns (bool[] memory paid) {
        if (withdrawals.length != enclaveSignatures.length || withdrawals.length != leaderSignatures.length) {
            revert DepositRegistry_LengthsDiffer();
        }
        paid = new bool[](withdrawals.length);
        for (uint256 i = 0; i < withdrawals.length; i++) {
            if (gasleft() < ITEM_GAS * 64 / 63 + ITEM_OVERHEAD_GAS) revert DepositRegistry_TooLittleGas();
            try this.withdrawItem{gas: ITEM_GAS}(withdrawals[i], enclaveSignatures[i], leaderSignatures[i]) {
                paid[i] = true;
            } catch (bytes memory reason) {
                emit WithdrawalFailed(withdrawals[i].account, withdrawals[i].nonce, reason);
            }
        }
    }

    function _cancelWithdrawal(uint256 nonce) internal {
        _useNonce(msg.sender, nonce);
        _vault.append(WithdrawalCancelled.selector, abi.encode(msg.sender, nonce));
    }

    function _revokeWithdrawal(address account, uint256 nonce) internal {
        _useNonce(account, nonce);
        _vault.append(WithdrawalRevoked.selector, abi.encode(account, nonce));
    }

    function _requireApproved(
        Withdrawal calldata withdrawal,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) private view {
        _vault.requireOpen(withdrawal.checkpoint);
        uint64 deadline = withdrawal.deadline;
        if (block.timestamp > deadline) revert DepositRegistry_Expired(deadline);
        if (deadline > block.timestamp + MAX_DEADLINE_AHEAD) revert DepositRegistry_DeadlineTooFar(deadline);
        bytes32 digest = _hashTypedData(TypedMessages.hashStruct(withdrawal));
        _vault.requireSigned(digest, enclaveSignature, leaderSignature);
    }

    function _useNonce(address account, uint256 nonce) private {
        bool isFirst = _usedNonces[account].toggle(nonce);
        if (!isFirst) revert DepositRegistry_NonceUsed(account, nonce);
    }

    function _domainNameAndVersion() internal pure override returns (string memory name, string memory version) {
        return (TypedMessages.REGISTRY_NAME, TypedMessages.VERSION);
    }
}
