// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleProofLib} from "solady/utils/MerkleProofLib.sol";

import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {ExitRoots} from "../types/Messages.sol";
import {RootRecord, VaultState} from "../types/VaultState.sol";
import {VaultBooks} from "./VaultBooks.sol";

/// @title What a newly posted exit root must be, and what is kept of it
library ExitRootPosts {
    using VaultBooks for VaultState;

    /// @dev Who signed it is known.
    function post(
        VaultState storage vault,
        ExitRoots calldata roots,
        bytes32 treeRoot,
        uint64 processedIndex,
        bytes32[] calldata proof
    ) external {
        (uint64 epoch, uint64 checkpoint, uint64 issuedAt) = (roots.epoch, roots.checkpoint, roots.issuedAt);
        _requireNewer(vault, epoch, checkpoint, issuedAt);
        if (processedIndex > vault.count) {
            revert IDepositRegistry.DepositRegistry_ProcessedTooMuch(processedIndex, vault.count);
        }
        _requireInRoot(roots.root, treeRoot, processedIndex, proof);

        RootRecord memory posted;
        (posted.treeRoot, posted.epoch, posted.postedAt) = (treeRoot, epoch, uint40(block.timestamp));
        // Neither more than one checkpoint a second, nor above the count, nor in the future: all fit.
        // forge-lint: disable-next-line(unsafe-typecast)
        (posted.checkpoint, posted.processedIndex) = (uint40(checkpoint), uint40(processedIndex));
        // forge-lint: disable-next-line(unsafe-typecast)
        posted.issuedAt = uint40(issuedAt);
        vault.setNewestRoot(posted);
        if (VaultBooks.isMature(vault.maturingPostedAt)) _promote(vault, posted);
        vault.append(IDepositRegistry.ExitRootPosted.selector, abi.encode(roots, treeRoot, processedIndex));
    }

    function _promote(VaultState storage vault, RootRecord memory posted) private {
        if (vault.maturingPostedAt != 0) vault.matured = vault.maturing;
        vault.maturing = posted;
        vault.maturingPostedAt = posted.postedAt;
    }

    function _requireNewer(VaultState storage vault, uint64 epoch, uint64 checkpoint, uint64 issuedAt) private view {
        (uint64 newest, uint64 newestIssuedAt, uint64 newestPostedAt) =
            (vault.rootCheckpoint, vault.rootIssuedAt, vault.rootPostedAt);
        (uint64 newestEpoch, uint64 discardedAt) = (vault.rootEpoch, vault.discardedAt);
        if (epoch == newestEpoch && checkpoint <= newest) {
            revert IDepositRegistry.DepositRegistry_RootNotNewer(checkpoint, newest);
        }
        if (issuedAt > block.timestamp) revert IDepositRegistry.DepositRegistry_IssuedInTheFuture(issuedAt);
        if (issuedAt < newestIssuedAt) {
            revert IDepositRegistry.DepositRegistry_IssuedBeforeNewest(issuedAt, newestIssuedAt);
        }
        if (issuedAt <= discardedAt) {
            revert IDepositRegistry.DepositRegistry_IssuedBeforeDiscard(issuedAt, discardedAt);
        }
        uint64 sincePosted = uint64(block.timestamp) - newestPostedAt;
        uint64 sinceIssued = issuedAt - newestIssuedAt;
        uint64 furthest = newest + (sincePosted > sinceIssued ? sincePosted : sinceIssued);
        if (checkpoint > furthest) revert IDepositRegistry.DepositRegistry_CheckpointTooFar(checkpoint, furthest);
    }

    function _requireInRoot(bytes32 root, bytes32 treeRoot, uint64 processedIndex, bytes32[] calldata proof)
        private
        view
    {
        bytes32 leaf = keccak256(
            bytes.concat(keccak256(abi.encode(block.chainid, address(this), treeRoot, processedIndex)))
        );
        if (!MerkleProofLib.verifyCalldata(proof, root, leaf)) {
            revert IDepositRegistry.DepositRegistry_NotInRoot(leaf, root);
        }
    }
}
