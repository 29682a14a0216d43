// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleProofLib} from "solady/utils/MerkleProofLib.sol";

import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {TypedMessages} from "../libraries/TypedMessages.sol";
import {ExitRoots} from "../types/Messages.sol";
import {ExitPhase, RootRecord, VaultState} from "../types/VaultState.sol";
import {ExitHatch} from "./ExitHatch.sol";
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
        _requireNewer(roots);
        if (processedIndex > _vault.count) revert DepositRegistry_ProcessedTooMuch(processedIndex, _vault.count);
        bytes32 leaf = _rootLeaf(treeRoot, processedIndex);
        if (!MerkleProofLib.verifyCalldata(proof, roots.root, leaf)) {
            revert DepositRegistry_NotInRoot(leaf, roots.root);
        }

        // At most the count, which fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint40 processed = uint40(processedIndex);
        RootRecord memory posted = RootRecord({
            treeRoot: treeRoot,
            epoch: roots.epoch,
            checkpoint: uint40(roots.checkpoint),
            processedIndex: processed,
            issuedAt: uint40(roots.issuedAt),
            postedAt: uint40(block.timestamp)
        });
        _vault.setNewestRoot(posted);
        if (VaultBooks.isMature(_vault.maturingPostedAt)) _promote(posted);
        _vault.append(ExitRootPosted.selector, abi.encode(roots, treeRoot, processedIndex));
    }

    function _promote(RootRecord memory posted) private {
        if (_vault.maturingPostedAt != 0) _vault.matured = _vault.maturing;
        _vault.maturing = posted;
        _vault.maturingPostedAt = posted.postedAt;
    }

    function _requireSigned(ExitRoots calldata roots, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        private
        view
    {
        if (roots.epoch != _vault.epoch) revert DepositRegistry_WrongEpoch(roots.epoch, _vault.epoch);
        bytes32 digest = TypedMessages.digest(HOME_DOMAIN_SEPARATOR, TypedMessages.hashStruct(roots));
        _vault.requireSigned(digest, enclaveSignature, leaderSignature);
    }

    function _requireNewer(ExitRoots calldata roots) private view {
        (uint64 newest, uint64 issuedAt) = (_vault.rootCheckpoint, _vault.rootIssuedAt);
        if (roots.epoch == _vault.rootEpoch && roots.checkpoint <= newest) {
            revert DepositRegistry_RootNotNewer(roots.checkpoint, newest);
        }
        if (roots.issuedAt > block.timestamp) revert DepositRegistry_IssuedInTheFuture(roots.issuedAt);
        if (roots.issuedAt < issuedAt) revert DepositRegistry_IssuedBeforeNewest(roots.issuedAt, issuedAt);
        uint64 discardedAt = _vault.discardedAt;
        if (roots.issuedAt <= discardedAt) revert DepositRegistry_IssuedBeforeDiscard(roots.issuedAt, discardedAt);
        uint64 sincePosted = uint64(block.timestamp) - _vault.rootPostedAt;
        uint64 sinceIssued = roots.issuedAt - issuedAt;
        uint64 furthest = newest + (sincePosted > sinceIssued ? sincePosted : sinceIssued);
        if (roots.checkpoint > furthest) revert DepositRegistry_CheckpointTooFar(roots.checkpoint, furthest);
    }

    function _rootLeaf(bytes32 treeRoot, uint64 processedIndex) private view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(this), treeRoot, processedIndex))));
    }
}
