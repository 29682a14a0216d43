// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";

import {IDepositRegistry} from "./interfaces/IDepositRegistry.sol";
import {IEventLog} from "./interfaces/IEventLog.sol";
import {LogChain} from "./libraries/LogChain.sol";
import {Deposits} from "./registry/Deposits.sol";
import {ExitRootGate} from "./registry/ExitRootGate.sol";
import {Listings} from "./registry/Listings.sol";
import {VaultBooks} from "./registry/VaultBooks.sol";
import {VaultStorage} from "./registry/VaultStorage.sol";
import {Withdrawals} from "./registry/Withdrawals.sol";
import {TokenListing} from "./types/Listings.sol";
import {ExitRoots, Withdrawal} from "./types/Messages.sol";
import {Counters, ExitPhase, Limit, OutflowKind, VaultState} from "./types/VaultState.sol";

/// @title The vault of one chain: what a person can do with it
contract DepositRegistry is ExitRootGate, Deposits, Withdrawals, ReentrancyGuardTransient {
    using Listings for VaultState;
    using VaultBooks for VaultState;

    /// @param authority_ of this chain; may be deployed later
    /// @param homeChainId where `checkpointer` lives, in whose domain exit roots are signed
    /// @param startCheckpoint the newest checkpoint when this vault is deployed, 0 at genesis
    /// @param listings accepted from the start
    constructor(
        address authority_,
        uint256 homeChainId,
        address checkpointer,
        uint40 startCheckpoint,
        TokenListing[] memory listings
    ) VaultStorage(authority_) ExitRootGate(homeChainId, checkpointer, startCheckpoint) {
        _vault.head = LogChain.genesis();
        for (uint256 i = 0; i < listings.length; i++) {
            _vault.list(listings[i]);
        }
    }

    // ---------------------------------------------------------------- traders and couriers

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

    // ---------------------------------------------------------------- council, governors, authority

    /// @inheritdoc IDepositRegistry
    function discardRoot() external nonReentrant {
        _requireCouncil();
        _discardRoot();
    }

    /// @inheritdoc IDepositRegistry
    function revokeWithdrawal(address account, uint256 nonce) external nonReentrant {
        _requireCouncil();
        _revokeWithdrawal(account, nonce);
    }

    /// @inheritdoc IDepositRegistry
    function listToken(TokenListing calldata listing_) external nonReentrant {
        _requireGovernor();
        _vault.list(listing_);
    }

    /// @inheritdoc IDepositRegistry
    function changeDepositCap(address token, uint256 depositCap) external nonReentrant {
        _vault.changeDepositCap(token, depositCap, _requireCouncilOrGovernor());
    }

    /// @inheritdoc IDepositRegistry
    function changeLimit(address token, OutflowKind kind, Limit calldata limit) external nonReentrant {
        _vault.changeLimit(token, kind, limit, _requireCouncilOrGovernor());
    }

    /// @inheritdoc IDepositRegistry
    /// @dev Not an entry: the Authority's own log tells it.
    function setAuthority(bytes32 signers, uint64 epoch, uint40 pausedUntil) external {
        if (msg.sender != address(AUTHORITY)) revert DepositRegistry_NotAuthority(msg.sender);
        (_vault.signers, _vault.epoch, _vault.pausedUntil) = (signers, epoch, pausedUntil);
        _vault.rootIsOfEpoch = _vault.rootEpoch == epoch;
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IDepositRegistry
    function authority() external view returns (address) {
        return address(AUTHORITY);
    }

    /// @inheritdoc IEventLog
    function head() external view returns (bytes32) {
        return _vault.head;
    }

    /// @inheritdoc IEventLog
    function count() external view returns (uint64) {
        return _vault.count;
    }

    /// @inheritdoc IDepositRegistry
    function accounted(address token) external view returns (uint256) {
        return _vault.tokens[token].accounted;
    }

    /// @inheritdoc IDepositRegistry
    function inventory(address token) external view returns (int256) {
        return _vault.tokens[token].inventory;
    }

    /// @inheritdoc IDepositRegistry
    function listing(address token) external view returns (uint256 depositCap, uint64 listedAt, bool settleable) {
        return (_vault.tokens[token].depositCap, _vault.tokens[token].listedAt, _vault.tokens[token].settleable);
    }

    /// @inheritdoc IDepositRegistry
    function outflow(address token, OutflowKind kind) external view returns (Limit memory limit, uint256 used) {
        return (_vault.limitOf(token, kind), _vault.usedOutflow(token, kind));
    }

    /// @inheritdoc IDepositRegistry
    function counters(bytes32 key, address token)
        external
        view
        returns (uint256 deposited, uint256 withdrawn, uint256 firstIndex)
    {
        Counters memory counted = _vault.counters[key][token];
        return (counted.deposited, counted.withdrawn, counted.firstIndex);
    }

    /// @inheritdoc IDepositRegistry
    function exitPhase() external view returns (ExitPhase) {
        return _vault.phase;
    }

    function _useTransientReentrancyGuardOnlyOnMainnet() internal pure override returns (bool) {
        return false;
    }
}
