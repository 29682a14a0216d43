// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {LibClone} from "solady/utils/LibClone.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {SettlementLane} from "../SettlementLane.sol";
import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {ISettlements} from "../interfaces/ISettlements.sol";
import {CowOrder} from "../libraries/CowOrder.sol";
import {TypedMessages} from "../libraries/TypedMessages.sol";
import {SettlementIntent, SettlementOrder, ShedHooks} from "../types/Messages.sol";
import {Settlement, SettlementSetup, SettlementStatus} from "../types/Settlement.sol";
import {OutflowKind, VaultState} from "../types/VaultState.sol";
import {VaultBooks} from "./VaultBooks.sol";

/// @title The code behind `ISettlements`
/// @dev External, because the vault's own code would be too large. Runs in the vault's storage and as the vault.
library Settlements {
    using SafeTransferLib for address;
    using VaultBooks for VaultState;

    uint256 private constant MAX_VALIDITY = 1 hours;
    /// @dev What moving one token out of a lane may burn. Settleable tokens stay far below.
    uint256 private constant SWEEP_GAS = 400_000;
    /// @dev What handing over that gas takes.
    uint256 private constant SWEEP_OVERHEAD_GAS = 10_000;
    uint256 private constant KEY_SIGNATURE_BYTES = 65;
    /// @dev `abi.encode(SettlementIntent, bytes32 appData)`.
    uint256 private constant ORDER_BYTES = 11 * 32;

    function open(
        VaultState storage vault,
        mapping(bytes32 nonce => Settlement) storage settlements,
        SettlementSetup memory setup,
        SettlementIntent calldata intent,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external {
        if (setup.relayer == address(0)) revert ISettlements.Settlements_NotHere();
        vault.requireOpen(intent.checkpoint);
        _requireSound(vault, intent);
        bytes32 intentHash = TypedMessages.hashStruct(intent);
        bytes32 digest = TypedMessages.digest(setup.registryDomain, intentHash);
        vault.requireSigned(digest, enclaveSignature, leaderSignature);
        _requireUnused(settlements, intent.nonce);

        settlements[intent.nonce] = Settlement(_shortened(intentHash), SettlementStatus.Open);
        vault.limitOutflow(intent.sellToken, OutflowKind.Settlement, intent.sellAmount);
        vault.debit(intent.owner, intent.sellToken, intent.sellAmount);
        vault.append(ISettlements.SettlementOpened.selector, abi.encode(intent));
        _fundLane(setup, intent);
    }

    /// @dev The entry comes last, because only the transfers show the amounts; the caller guards against re-entry.
    function close(
        VaultState storage vault,
        mapping(bytes32 nonce => Settlement) storage settlements,
        SettlementSetup memory setup,
        SettlementIntent calldata intent
    ) external {
        Settlement storage settlement = settlements[intent.nonce];
        bytes32 intentHash = TypedMessages.hashStruct(intent);
        // Nothing is remembered of a nonce that is unused or revoked.
        if (settlement.intentHash != _shortened(intentHash)) {
            revert ISettlements.Settlements_NotOpened(intent.nonce, intentHash);
        }
        address lane = laneOf(setup.laneImplementation, intent.nonce);
        bool isFirst = settlement.status == SettlementStatus.Open;
        if (isFirst) {
            _requireDone(setup, intent, lane);
            settlement.status = SettlementStatus.Closed;
        }

        (bool sellMoved, uint256 returned) = _trySweep(lane, intent.owner, intent.sellToken);
        (bool buyMoved, uint256 bought) = _trySweep(lane, intent.owner, intent.buyToken);
        if (!isFirst && returned == 0 && bought == 0) revert ISettlements.Settlements_NothingToSweep(intent.nonce);
        vault.append(
            ISettlements.SettlementClosed.selector,
            abi.encode(
                intent.nonce, intent.owner, intent.sellToken, returned, intent.buyToken, bought, sellMoved && buyMoved
            )
        );
    }

    /// @dev What counts is the difference of the vault's balances, as with deposits.
    function sweep(VaultState storage vault, address lane, bytes32 owner, address token)
        external
        returns (uint256 received)
    {
        uint256 balanceBefore = IERC20(token).balanceOf(address(this));
        SettlementLane(lane).sweep(token);
        received = IERC20(token).balanceOf(address(this)) - balanceBefore;
        if (received != 0) vault.credit(owner, token, received);
    }

    function revoke(VaultState storage vault, mapping(bytes32 nonce => Settlement) storage settlements, bytes32 nonce)
        external
    {
        _requireUnused(settlements, nonce);
        settlements[nonce].status = SettlementStatus.Revoked;
        vault.append(ISettlements.SettlementRevoked.selector, abi.encode(nonce));
    }

    function checkLaneSignature(
        VaultState storage vault,
        mapping(bytes32 nonce => Settlement) storage settlements,
        SettlementSetup memory setup,
        bytes32 orderDigest,
        bytes calldata signature
    ) external view returns (bytes4) {
        vault.requireNotPaused();
        vault.requireNotFinal();
        bytes calldata keySignatures = _keySignatures(signature, ORDER_BYTES);
        (SettlementIntent memory intent, bytes32 appData) =
            abi.decode(signature[:ORDER_BYTES], (SettlementIntent, bytes32));
        _requireOpen(settlements[intent.nonce], intent);
        address lane = laneOf(setup.laneImplementation, intent.nonce);
        if (msg.sender != lane) revert ISettlements.Settlements_NotLane(msg.sender, lane);
        bytes32 rebuilt = CowOrder.digest(intent, appData, lane, setup.orderDomain);
        if (rebuilt != orderDigest) revert ISettlements.Settlements_OtherOrder(orderDigest, rebuilt);
        _requireSigned(vault, setup, TypedMessages.hashStruct(SettlementOrder(orderDigest)), keySignatures);
        return IERC1271.isValidSignature.selector;
    }

    /// @dev The caller has made sure that it is the shed who asks.
    function checkShedSignature(
        VaultState storage vault,
        SettlementSetup memory setup,
        bytes32 hooksHash,
        bytes calldata signature
    ) external view returns (bytes4) {
        bytes calldata keySignatures = _keySignatures(signature, 0);
        _requireSigned(vault, setup, TypedMessages.hashStruct(ShedHooks(hooksHash)), keySignatures);
        return IERC1271.isValidSignature.selector;
    }

    function laneOf(address laneImplementation, bytes32 nonce) internal view returns (address) {
        return LibClone.predictDeterministicAddress(laneImplementation, nonce, address(this));
    }

    function _requireSound(VaultState storage vault, SettlementIntent calldata intent) private view {
        uint32 validTo = intent.validTo;
        if (block.timestamp > validTo) revert ISettlements.Settlements_Expired(validTo);
        if (validTo - block.timestamp > MAX_VALIDITY) revert ISettlements.Settlements_ValidToTooFar(validTo);
        if (intent.sellAmount == 0 || intent.buyAmount == 0) revert ISettlements.Settlements_ZeroAmount();
        if (intent.sellToken == intent.buyToken) revert ISettlements.Settlements_SameToken(intent.sellToken);
        _requireSettleable(vault, intent.sellToken);
        _requireSettleable(vault, intent.buyToken);
    }

    function _requireUnused(mapping(bytes32 nonce => Settlement) storage settlements, bytes32 nonce) private view {
        SettlementStatus status = settlements[nonce].status;
        if (status != SettlementStatus.Unused) revert ISettlements.Settlements_NonceUsed(nonce, status);
    }

    function _fundLane(SettlementSetup memory setup, SettlementIntent calldata intent) private {
        address lane = LibClone.cloneDeterministic(setup.laneImplementation, intent.nonce);
        intent.sellToken.safeTransfer(lane, intent.sellAmount);
        SettlementLane(lane).approve(intent.sellToken, setup.relayer, intent.sellAmount);
    }

    function _requireSettleable(VaultState storage vault, address token) private view {
        if (!vault.tokens[token].settleable) revert ISettlements.Settlements_NotSettleable(token);
    }

    /// @dev GPv2 fills an order at `validTo`, and never after it. How much it says was filled is not asked, because a
    /// solver can make it forget. Closing while a batch has taken the sell token and not yet paid takes somebody who gives
    /// the lane `buyAmount`; what the batch pays then is brought in by closing again.
    function _requireDone(SettlementSetup memory setup, SettlementIntent calldata intent, address lane) private view {
        if (block.timestamp > intent.validTo) return;
        uint256 unsold = IERC20(intent.sellToken).allowance(lane, setup.relayer);
        uint256 bought = IERC20(intent.buyToken).balanceOf(lane);
        if (bought < intent.buyAmount || (!intent.buyExact && unsold != 0)) {
            revert ISettlements.Settlements_StillOpen(intent.nonce, unsold, bought);
        }
    }

    /// @dev A failure counts only when the token had its gas: otherwise whoever closes could keep the proceeds from an
    /// account by giving too little.
    function _trySweep(address lane, bytes32 owner, address token) private returns (bool moved, uint256 received) {
        uint256 gasBefore = gasleft();
        try ISettlements(address(this)).sweepLane{gas: SWEEP_GAS}(lane, owner, token) returns (uint256 amount) {
            return (true, amount);
        } catch {
            if (gasBefore < SWEEP_GAS * 64 / 63 + SWEEP_OVERHEAD_GAS) {
                revert IDepositRegistry.DepositRegistry_TooLittleGas();
            }
        }
    }

    function _requireOpen(Settlement memory settlement, SettlementIntent memory intent) private pure {
        if (settlement.status != SettlementStatus.Open) {
            revert ISettlements.Settlements_NotOpen(intent.nonce, settlement.status);
        }
        bytes32 intentHash = TypedMessages.hashStruct(intent);
        if (settlement.intentHash != _shortened(intentHash)) {
            revert ISettlements.Settlements_NotOpened(intent.nonce, intentHash);
        }
    }

    function _shortened(bytes32 intentHash) private pure returns (bytes31) {
        // 31 bytes of a hash are as good as 32.
        // forge-lint: disable-next-line(unsafe-typecast)
        return bytes31(intentHash);
    }

    /// @dev The two signatures that end `signature` after `prefixBytes` of something else.
    function _keySignatures(bytes calldata signature, uint256 prefixBytes) private pure returns (bytes calldata) {
        uint256 expected = prefixBytes + 2 * KEY_SIGNATURE_BYTES;
        if (signature.length != expected) {
            revert ISettlements.Settlements_BadSignatureLength(signature.length, expected);
        }
        return signature[prefixBytes:];
    }

    function _requireSigned(
        VaultState storage vault,
        SettlementSetup memory setup,
        bytes32 structHash,
        bytes calldata keySignatures
    ) private view {
        vault.requireSigned(
            TypedMessages.digest(setup.registryDomain, structHash),
            keySignatures[:KEY_SIGNATURE_BYTES],
            keySignatures[KEY_SIGNATURE_BYTES:]
        );
    }
}
