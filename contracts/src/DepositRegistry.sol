// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";

import {SettlementLane} from "./SettlementLane.sol";
import {ICOWShedFactory} from "./external/ICOWShedFactory.sol";
import {IGPv2Settlement} from "./external/IGPv2Settlement.sol";
import {IDepositRegistry} from "./interfaces/IDepositRegistry.sol";
import {IEventLog} from "./interfaces/IEventLog.sol";
import {ISettlements} from "./interfaces/ISettlements.sol";
import {LogChain} from "./libraries/LogChain.sol";
import {Deposits} from "./registry/Deposits.sol";
import {ExitRootGate} from "./registry/ExitRootGate.sol";
import {Listings} from "./registry/Listings.sol";
import {Settlements} from "./registry/Settlements.sol";
import {VaultBooks} from "./registry/VaultBooks.sol";
import {VaultStorage} from "./registry/VaultStorage.sol";
import {Withdrawals} from "./registry/Withdrawals.sol";
import {TokenListing} from "./types/Listings.sol";
import {ExitRoots, SettlementIntent, Withdrawal} from "./types/Messages.sol";
import {CowContracts, Settlement, SettlementSetup, SettlementStatus} from "./types/Settlement.sol";
import {Counters, ExitPhase, Limit, OutflowKind, VaultState} from "./types/VaultState.sol";

/// @title The vault of one chain: what a person can do with it
contract DepositRegistry is ExitRootGate, Deposits, Withdrawals, ReentrancyGuardTransient {
    using Listings for VaultState;
    using VaultBooks for VaultState;

    bytes32 private immutable COW_ORDER_DOMAIN;
    address private immutable COW_RELAYER;
    address private immutable LANE_IMPLEMENTATION;
    /// @inheritdoc ISettlements
    address public immutable shed;

    mapping(bytes32 nonce => Settlement) private _settlements;

    /// @param authority_ of this chain; may be deployed later
    /// @param homeChainId where `checkpointer` lives, in whose domain exit roots are signed
    /// @param startCheckpoint the newest checkpoint when this vault is deployed, 0 at genesis
    /// @param listings accepted from the start
    /// @param cow where it is on this chain
    constructor(
        address authority_,
        uint256 homeChainId,
        address checkpointer,
        uint40 startCheckpoint,
        TokenListing[] memory listings,
        CowContracts memory cow
    ) VaultStorage(authority_) ExitRootGate(homeChainId, checkpointer, startCheckpoint) {
        _vault.head = LogChain.genesis();
        for (uint256 i = 0; i < listings.length; i++) {
            _vault.list(listings[i]);
        }
        if (cow.settlement != address(0)) {
            COW_ORDER_DOMAIN = IGPv2Settlement(cow.settlement).domainSeparator();
            COW_RELAYER = IGPv2Settlement(cow.settlement).vaultRelayer();
        }
        if (cow.shedFactory != address(0)) shed = ICOWShedFactory(cow.shedFactory).proxyOf(address(this));
        LANE_IMPLEMENTATION = address(new SettlementLane());
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

    // ---------------------------------------------------------------- settlements

    /// @inheritdoc ISettlements
    function openSettlement(
        SettlementIntent calldata intent,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external nonReentrant {
        Settlements.open(_vault, _settlements, settlementSetup(), intent, enclaveSignature, leaderSignature);
    }

    /// @inheritdoc ISettlements
    function closeSettlement(SettlementIntent calldata intent) external nonReentrant {
        Settlements.close(_vault, _settlements, settlementSetup(), intent);
    }

    /// @inheritdoc ISettlements
    /// @dev Runs under the guard of `closeSettlement`.
    function sweepLane(address lane, bytes32 owner, address token) external returns (uint256 received) {
        if (msg.sender != address(this)) revert DepositRegistry_NotSelf(msg.sender);
        return Settlements.sweep(_vault, lane, owner, token);
    }

    /// @inheritdoc ISettlements
    function checkLaneSignature(bytes32 orderDigest, bytes calldata signature) external view returns (bytes4) {
        return Settlements.checkLaneSignature(_vault, _settlements, settlementSetup(), orderDigest, signature);
    }

    /// @inheritdoc ISettlements
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (msg.sender != shed) revert Settlements_NotShed(msg.sender);
        return Settlements.checkShedSignature(_vault, settlementSetup(), hash, signature);
    }

    // ---------------------------------------------------------------- council, governors, authority

    /// @inheritdoc ISettlements
    function revokeSettlement(bytes32 nonce) external nonReentrant {
        _requireCouncil();
        Settlements.revoke(_vault, _settlements, nonce);
    }

    /// @inheritdoc IDepositRegistry
    function changeSettleable(address token, bool settleable) external nonReentrant {
        _requireMaySwitch(settleable);
        _vault.changeSettleable(token, settleable);
    }

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
        if (listing_.settleable) revert DepositRegistry_NotSlowGovernor(msg.sender);
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

    /// @inheritdoc ISettlements
    function laneOf(bytes32 nonce) external view returns (address) {
        return Settlements.laneOf(LANE_IMPLEMENTATION, nonce);
    }

    /// @inheritdoc ISettlements
    function settlementStatus(bytes32 nonce) external view returns (SettlementStatus) {
        return _settlements[nonce].status;
    }

    /// @inheritdoc ISettlements
    function settlementSetup() public view returns (SettlementSetup memory) {
        return SettlementSetup({
            registryDomain: _domainSeparator(),
            orderDomain: COW_ORDER_DOMAIN,
            relayer: COW_RELAYER,
            laneImplementation: LANE_IMPLEMENTATION
        });
    }

    function _useTransientReentrancyGuardOnlyOnMainnet() internal pure override returns (bool) {
        return false;
    }
}
