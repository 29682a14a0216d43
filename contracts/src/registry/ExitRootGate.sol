// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {TypedMessages} from "../libraries/TypedMessages.sol";
import {ExitRoots} from "../types/Messages.sol";
import {ExitPhase, RootRecord, VaultState} from "../types/VaultState.sol";
import {ExitHatch} from "./ExitHatch.sol";
import {ExitRootPosts} from "./ExitRootPosts.sol";
import {VaultBooks} from "./VaultBooks.sol";
import {VaultStorage} from "./VaultStorage.sol";

/// @title Exit roots: the heartbeat, and the gate of whatever carries a checkpoint
/// @dev Three are kept. The *newest* gates and beats. Both keys together can post a forged one, so the council may discard
/// it until it is 72 h old; what is left then is *matured*, which is refreshed from *maturing* every 72 h.
abstract contract ExitRootGate is VaultStorage {
    using VaultBooks for VaultState;

    /// @dev Of the home chain's Checkpointer, in which exit roots are signed for all chains.
    bytes32 private immutable HOME_DOMAIN_SEPARATOR;

    /// @param startCheckpoint the home chain's newest checkpoint when this vault is deployed, 0 at genesis
    constructor(uint256 homeChainId, address checkpointer, uint40 startCheckpoint) {
        HOME_DOMAIN_SEPARATOR =
            TypedMessages.domainSeparator(TypedMessages.CHECKPOINTER_NAME, homeChainId, checkpointer);
        uint40 time = uint40(block.timestamp);
        RootRecord memory genesis = RootRecord(0, 0, startCheckpoint, 0, time, time);
        _vault.matured = genesis;
        _vault.setNewestRoot(genesis);
    }

    /// @inheritdoc IDepositRegistry
    function homeDomainSeparator() external view returns (bytes32) {
        return HOME_DOMAIN_SEPARATOR;
    }

    /// @inheritdoc IDepositRegistry
    function newestRoot() external view returns (uint64 epoch, uint64 checkpoint, uint64 issuedAt, uint64 postedAt) {
        return (_vault.rootEpoch, _vault.rootCheckpoint, _vault.rootIssuedAt, _vault.rootPostedAt);
    }

    /// @inheritdoc IDepositRegistry
    function newestTree() external view returns (bytes32 treeRoot, uint64 processedIndex) {
        return (_vault.treeRoot, _vault.processedIndex);
    }

    /// @inheritdoc IDepositRegistry
    function fallbackRoots() external view returns (RootRecord memory maturing, RootRecord memory matured) {
        return (_vault.maturing, _vault.matured);
    }

    /// @inheritdoc IDepositRegistry
    function heartbeatAt() external view returns (uint64) {
        return _vault.heartbeatAt();
    }

    function _postExitRoot(
        ExitRoots calldata roots,
        bytes32 treeRoot,
        uint64 processedIndex,
        bytes32[] calldata proof,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) internal {
        if (_vault.phase != ExitPhase.Running) {
            ExitHatch.admitRoot(_vault, _exit, AUTHORITY, roots.issuedAt);
        }
        _requireSigned(roots, enclaveSignature, leaderSignature);
        ExitRootPosts.post(_vault, roots, treeRoot, processedIndex, proof);
    }

    function _requireSigned(ExitRoots calldata roots, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        private
        view
    {
        if (roots.epoch != _vault.epoch) revert DepositRegistry_WrongEpoch(roots.epoch, _vault.epoch);
        bytes32 digest = TypedMessages.digest(HOME_DOMAIN_SEPARATOR, TypedMessages.hashStruct(roots));
        _vault.requireSigned(digest, enclaveSignature, leaderSignature);
    }
}
