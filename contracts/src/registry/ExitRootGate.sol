// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleProofLib} from "solady/utils/MerkleProofLib.sol";

import {EventLog} from "../EventLog.sol";
import {IAuthority} from "../interfaces/IAuthority.sol";
import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {TypedMessages} from "../libraries/TypedMessages.sol";
import {ExitRoots} from "../types/Messages.sol";

/// @title The newest exit root: heartbeat, and gate of whatever carries a checkpoint
abstract contract ExitRootGate is EventLog, IDepositRegistry {
    IAuthority internal immutable AUTHORITY;

    /// @dev Of the home chain's Checkpointer, in which exit roots are signed for all chains.
    bytes32 private immutable HOME_DOMAIN_SEPARATOR;

    // The newest root, in the slot of the log's `count`. Checkpoints are at most one a second and times are past, so that
    // the narrow types hold for ever.
    uint64 private _rootEpoch;
    uint48 private _rootCheckpoint;
    uint40 private _rootIssuedAt;
    uint40 private _rootPostedAt;

    /// @param startCheckpoint the home chain's newest checkpoint when this vault is deployed, 0 at genesis
    constructor(address authority_, uint256 homeChainId, address checkpointer, uint48 startCheckpoint) {
        AUTHORITY = IAuthority(authority_);
        HOME_DOMAIN_SEPARATOR =
            TypedMessages.domainSeparator(TypedMessages.CHECKPOINTER_NAME, homeChainId, checkpointer);
        _rootCheckpoint = startCheckpoint;
        _rootIssuedAt = uint40(block.timestamp);
        _rootPostedAt = uint40(block.timestamp);
    }

    /// @inheritdoc IDepositRegistry
    function authority() external view returns (address) {
        return address(AUTHORITY);
    }

    /// @inheritdoc IDepositRegistry
    function homeDomainSeparator() external view returns (bytes32) {
        return HOME_DOMAIN_SEPARATOR;
    }

    /// @inheritdoc IDepositRegistry
    function newestRoot() external view returns (uint64 epoch, uint64 checkpoint, uint64 issuedAt, uint64 postedAt) {
        return (_rootEpoch, _rootCheckpoint, _rootIssuedAt, _rootPostedAt);
    }

    function _postExitRoot(
        ExitRoots calldata roots,
        bytes32 treeRoot,
        uint64 processedIndex,
        bytes32[] calldata proof,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) internal {
        _requireSigned(roots, enclaveSignature, leaderSignature);
        _requireNewer(roots);
        if (processedIndex > count) revert DepositRegistry_ProcessedTooMuch(processedIndex, count);
        bytes32 leaf = _rootLeaf(treeRoot, processedIndex);
        if (!MerkleProofLib.verifyCalldata(proof, roots.root, leaf)) {
            revert DepositRegistry_NotInRoot(leaf, roots.root);
        }

        _rootEpoch = roots.epoch;
        _rootCheckpoint = uint48(roots.checkpoint);
        _rootIssuedAt = uint40(roots.issuedAt);
        _rootPostedAt = uint40(block.timestamp);
        _append(ExitRootPosted.selector, abi.encode(roots, treeRoot, processedIndex));
    }

    /// @dev Nothing is paid out before the snapshot that contains it is known to be safe, by the keeper of this epoch.
    function _requirePosted(uint64 checkpoint, uint64 epoch) internal view {
        if (_rootEpoch != epoch || _rootCheckpoint < checkpoint) {
            revert DepositRegistry_CheckpointNotPosted(checkpoint, _rootEpoch, _rootCheckpoint);
        }
    }

    function _requireSigned(ExitRoots calldata roots, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        private
        view
    {
        (address enclave, address leader, uint64 epoch,) = AUTHORITY.signers();
        if (roots.epoch != epoch) revert DepositRegistry_WrongEpoch(roots.epoch, epoch);
        bytes32 digest = TypedMessages.digest(HOME_DOMAIN_SEPARATOR, TypedMessages.hashStruct(roots));
        Signatures.requireBoth(digest, enclave, leader, enclaveSignature, leaderSignature);
    }

    function _requireNewer(ExitRoots calldata roots) private view {
        uint64 newest = _rootCheckpoint;
        if (roots.epoch == _rootEpoch && roots.checkpoint <= newest) {
            revert DepositRegistry_RootNotNewer(roots.checkpoint, newest);
        }
        if (roots.issuedAt > block.timestamp) revert DepositRegistry_IssuedInTheFuture(roots.issuedAt);
        if (roots.issuedAt < _rootIssuedAt) revert DepositRegistry_IssuedBeforeNewest(roots.issuedAt, _rootIssuedAt);
        uint64 sincePosted = uint64(block.timestamp) - _rootPostedAt;
        uint64 sinceIssued = roots.issuedAt - _rootIssuedAt;
        uint64 furthest = newest + (sincePosted > sinceIssued ? sincePosted : sinceIssued);
        if (roots.checkpoint > furthest) revert DepositRegistry_CheckpointTooFar(roots.checkpoint, furthest);
    }

    function _rootLeaf(bytes32 treeRoot, uint64 processedIndex) private view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(this), treeRoot, processedIndex))));
    }
}
