// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";

import {IDepositRegistry} from "./interfaces/IDepositRegistry.sol";
import {Deposits} from "./registry/Deposits.sol";
import {ExitRootGate} from "./registry/ExitRootGate.sol";
import {Withdrawals} from "./registry/Withdrawals.sol";
import {TokenListing} from "./types/Listings.sol";
import {ExitRoots, Withdrawal} from "./types/Messages.sol";

/// @title The vault of one chain: what a person can do with it
/// @dev `ExitRootGate` comes first, so that its state shares a slot with the log's `count`.
contract DepositRegistry is ExitRootGate, Deposits, Withdrawals, ReentrancyGuardTransient {
    /// @param authority_ of this chain; may be deployed later
    /// @param homeChainId where `checkpointer` lives, in whose domain exit roots are signed
    /// @param startCheckpoint the newest checkpoint when this vault is deployed, 0 at genesis
    /// @param listings accepted from the start
    constructor(
        address authority_,
        uint256 homeChainId,
        address checkpointer,
        uint48 startCheckpoint,
        TokenListing[] memory listings
    ) ExitRootGate(authority_, homeChainId, checkpointer, startCheckpoint) Deposits(listings) {}

    /// @inheritdoc IDepositRegistry
    function deposit(address token, uint256 amount, address account, uint32 subaccount) external nonReentrant {
        _deposit(token, amount, account, subaccount);
    }

    /// @inheritdoc IDepositRegistry
    function withdraw(Withdrawal calldata withdrawal, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        external
        nonReentrant
    {
        _withdraw(withdrawal, enclaveSignature, leaderSignature);
    }

    /// @inheritdoc IDepositRegistry
    function withdrawMany(
        Withdrawal[] calldata withdrawals,
        bytes[] calldata enclaveSignatures,
        bytes[] calldata leaderSignatures
    ) external nonReentrant returns (bool[] memory paid) {
        return _withdrawMany(withdrawals, enclaveSignatures, leaderSignatures);
    }

    /// @inheritdoc IDepositRegistry
    /// @dev Runs under the guard of `withdrawMany`.
    function withdrawItem(
        Withdrawal calldata withdrawal,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external {
        if (msg.sender != address(this)) revert DepositRegistry_NotSelf(msg.sender);
        _withdraw(withdrawal, enclaveSignature, leaderSignature);
    }

    /// @inheritdoc IDepositRegistry
    function cancelWithdrawal(uint256 nonce) external nonReentrant {
        _cancelWithdrawal(nonce);
    }

    /// @inheritdoc IDepositRegistry
    function postExitRoot(
        ExitRoots calldata roots,
        bytes32 treeRoot,
        uint64 processedIndex,
        bytes32[] calldata proof,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external nonReentrant {
        _postExitRoot(roots, treeRoot, processedIndex, proof, enclaveSignature, leaderSignature);
    }

    /// @inheritdoc IDepositRegistry
    function listToken(address token, uint256 depositCap) external nonReentrant {
        if (msg.sender != AUTHORITY.governor()) revert DepositRegistry_NotGovernor(msg.sender);
        _listToken(token, depositCap);
    }

    /// @inheritdoc IDepositRegistry
    function changeDepositCap(address token, uint256 depositCap) external nonReentrant {
        bool isGovernor = msg.sender == AUTHORITY.governor();
        if (!isGovernor && msg.sender != AUTHORITY.council()) {
            revert DepositRegistry_NotCouncilOrGovernor(msg.sender);
        }
        _changeDepositCap(token, depositCap, isGovernor);
    }

    function _useTransientReentrancyGuardOnlyOnMainnet() internal pure override returns (bool) {
        return false;
    }
}
