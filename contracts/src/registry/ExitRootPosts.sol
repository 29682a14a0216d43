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
        _requireNewer(vault, roots);
        if (processedIndex > vault.count) {
            revert IDepositRegistry.DepositRegistry_ProcessedTooMuch(processedIndex, vault.count);
        }
        bytes32 leaf = _leaf(treeRoot, processedIndex);
        if (!MerkleProofLib.verifyCalldata(proof, roots.root, leaf)) {
            revert IDepositRegistry.DepositRegistry_NotInRoot(leaf, roots.root);
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
        vault.setNewestRoot(posted);
        if (VaultBooks.isMature(vault.maturingPostedAt)) _promote(vault, posted);
        vault.append(IDepositRegistry.ExitRootPosted.selector, abi.encode(roots, treeRoot, processedIndex));
    }

    function _promote(VaultState storage vault, RootRecord memory posted) private {
        if (vault.maturingPostedAt != 0) vault.matured = vault.maturing;
        vault.maturing = posted;
        vault.maturingPostedAt = posted.postedAt;
    }

    function _requireNewer(VaultState storage vault, ExitRoots calldata roots) private view {
        (uint64 newest, uint64 issuedAt) = (vault.rootCheckpoint, vault.rootIssuedAt);
        if (roots.epoch == vault.rootEpoch && roots.checkpoint <= newest) {
            revert IDepositRegistry.DepositRegistry_RootNotNewer(roots.checkpoint, newest);
        }
        if (roots.issuedAt > block.timestamp) {
            revert IDepositRegistry.DepositRegistry_IssuedInTheFuture(roots.issuedAt);
        }
        if (roots.issuedAt < issuedAt) {
            revert IDepositRegistry.DepositRegistry_IssuedBeforeNewest(roots.issuedAt, issuedAt);
        }
        uint64 discardedAt = vault.discardedAt;
        if (roots.issuedAt <= discardedAt) {
            revert IDepositRegistry.DepositRegistry_IssuedBeforeDiscard(roots.issuedAt, discardedAt);
        }
        uint64 sincePosted = uint64(block.timestamp) - vault.rootPostedAt;
        uint64 sinceIssued = roots.issuedAt - issuedAt;
        uint64 furthest = newest + (sincePosted > sinceIssued ? sincePosted : sinceIssued);
        if (roots.checkpoint > furthest) {
            revert IDepositRegistry.DepositRegistry_CheckpointTooFar(roots.checkpoint, furthest);
        }
    }

    function _leaf(bytes32 treeRoot, uint64 processedIndex) private view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(this), treeRoot, processedIndex))));
    }
}
