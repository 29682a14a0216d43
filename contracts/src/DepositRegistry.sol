// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {SettlementLane} from "./SettlementLane.sol";
import {ICOWShedFactory} from "./external/ICOWShedFactory.sol";
import {IGPv2Settlement} from "./external/IGPv2Settlement.sol";
import {ISpokePool} from "./external/ISpokePool.sol";
import {IDepositRegistry} from "./interfaces/IDepositRegistry.sol";
import {IEventLog} from "./interfaces/IEventLog.sol";
import {IExitHatch} from "./interfaces/IExitHatch.sol";
import {ISettlements} from "./interfaces/ISettlements.sol";
import {IShuttles} from "./interfaces/IShuttles.sol";
import {LogChain} from "./libraries/LogChain.sol";
import {Deposits} from "./registry/Deposits.sol";
import {ExitHatch} from "./registry/ExitHatch.sol";
import {ExitRootGate} from "./registry/ExitRootGate.sol";
import {Listings} from "./registry/Listings.sol";
import {Settlements} from "./registry/Settlements.sol";
import {Shuttles} from "./registry/Shuttles.sol";
import {VaultBooks} from "./registry/VaultBooks.sol";
import {VaultStorage} from "./registry/VaultStorage.sol";
import {Withdrawals} from "./registry/Withdrawals.sol";
import {ExitClaim, ExitPaid, ExitReason, ExitTotals, ForcedRequest} from "./types/Exit.sol";
import {ShuttleRoute, TokenListing} from "./types/Listings.sol";
import {Absorb, ExitRoots, ForcedAnswer, SettlementIntent, Shuttle, Withdrawal} from "./types/Messages.sol";
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

    ISpokePool private immutable SPOKE_POOL;

    /// @inheritdoc IExitHatch
    uint256 public immutable forcedFee;

    mapping(bytes32 nonce => Settlement) private _settlements;
    Shuttles.State private _shuttles;

    /// @param authority_ of this chain; may be deployed later
    /// @param homeChainId where `checkpointer` lives, in whose domain exit roots are signed
    /// @param startCheckpoint the newest checkpoint when this vault is deployed, 0 at genesis
    /// @param listings accepted from the start
    /// @param cow where it is on this chain
    /// @param spokePool_ Across' pool of this chain, 0 where there is none
    /// @param forcedFee_ of this chain, in atoms of its native coin
    constructor(
        address authority_,
        uint256 homeChainId,
        address checkpointer,
        uint40 startCheckpoint,
        TokenListing[] memory listings,
        CowContracts memory cow,
        address spokePool_,
        uint256 forcedFee_
    ) VaultStorage(authority_) ExitRootGate(homeChainId, checkpointer, startCheckpoint) {
        SPOKE_POOL = ISpokePool(spokePool_);
        forcedFee = forcedFee_;
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

    // ---------------------------------------------------------------- shuttles

    /// @inheritdoc IShuttles
    function shuttle(Shuttle calldata order, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        external
        nonReentrant
    {
        Shuttles.send(_vault, _shuttles, SPOKE_POOL, _domainSeparator(), order, enclaveSignature, leaderSignature);
    }

    /// @inheritdoc IShuttles
    function confirmArrival(Shuttle calldata order) external nonReentrant {
        Shuttles.confirm(_vault, _shuttles, SPOKE_POOL, order);
    }

    /// @inheritdoc IShuttles
    function absorb(Absorb calldata absorption, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        external
        nonReentrant
    {
        Shuttles.absorb(_vault, _shuttles, _domainSeparator(), absorption, enclaveSignature, leaderSignature);
    }

    /// @inheritdoc IShuttles
    function claimRefund(address token) external nonReentrant {
        Shuttles.claimRefund(SPOKE_POOL, token);
    }

    // ---------------------------------------------------------------- exit without the keeper

    /// @inheritdoc IExitHatch
    function requestForcedWithdrawal(address token, uint256 amount, address recipient)
        external
        payable
        nonReentrant
        returns (uint256 id)
    {
        return ExitHatch.request(_vault, _exit, forcedFee, token, amount, recipient);
    }

    /// @inheritdoc IExitHatch
    function answerForced(ForcedAnswer calldata answer, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        external
        nonReentrant
    {
        ExitHatch.answer(
            _vault, _exit, AUTHORITY, forcedFee, _domainSeparator(), answer, enclaveSignature, leaderSignature
        );
    }

    /// @inheritdoc IExitHatch
    function enterExitMode() external nonReentrant {
        ExitHatch.enterStale(_vault, _exit, AUTHORITY);
    }

    /// @inheritdoc IExitHatch
    function enterExitModeFor(uint256 id) external nonReentrant {
        ExitHatch.enterUnanswered(_vault, _exit, AUTHORITY, id);
    }

    /// @inheritdoc IExitHatch
    function enterExitModeByGovernor() external nonReentrant {
        _requireGovernor();
        ExitHatch.enterByGovernor(_vault, _exit);
    }

    /// @inheritdoc IExitHatch
    function finalizeExit() external nonReentrant {
        ExitHatch.finalize(_vault, _exit, AUTHORITY);
    }

    /// @inheritdoc IExitHatch
    function returnForcedFee(uint256 id) external nonReentrant {
        ExitHatch.returnFee(_vault, _exit, forcedFee, id);
    }

    /// @inheritdoc IExitHatch
    function proveTotals(address token, int256 offset, uint256 transit, bytes32[] calldata proof)
        external
        nonReentrant
    {
        ExitHatch.proveTotals(_vault, _exit, token, offset, transit, proof);
    }

    /// @inheritdoc IExitHatch
    function claim(ExitClaim calldata claim_) external nonReentrant returns (uint256 share, uint256 transit) {
        return _claim(VaultBooks.keyOf(claim_.account), claim_);
    }

    /// @inheritdoc IExitHatch
    function claimCommitment(ExitClaim calldata claim_, uint32 subaccount, bytes32 commitmentSalt)
        external
        nonReentrant
        returns (uint256 share, uint256 transit)
    {
        return _claim(keccak256(abi.encode(claim_.account, subaccount, commitmentSalt)), claim_);
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
        ExitHatch.discardRoot(_vault);
    }

    /// @inheritdoc IDepositRegistry
    function revokeWithdrawal(address account, uint256 nonce) external nonReentrant {
        _requireCouncil();
        _revokeWithdrawal(account, nonce);
    }

    /// @inheritdoc IShuttles
    function revokeShuttle(bytes32 nonce) external nonReentrant {
        _requireCouncil();
        Shuttles.revoke(_vault, _shuttles, nonce);
    }

    /// @inheritdoc IShuttles
    function changeRoute(address inputToken, uint256 destinationChainId, ShuttleRoute calldata route_)
        external
        nonReentrant
    {
        _requireMaySwitch(route_.outputToken != address(0));
        Shuttles.changeRoute(_vault, _shuttles, SPOKE_POOL, inputToken, destinationChainId, route_);
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
        return _vault.outflow(token, kind);
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

    /// @inheritdoc IShuttles
    function spokePool() external view returns (address) {
        return address(SPOKE_POOL);
    }

    /// @inheritdoc IShuttles
    function route(address inputToken, uint256 destinationChainId) external view returns (ShuttleRoute memory) {
        return _shuttles.routes[inputToken][destinationChainId];
    }

    /// @inheritdoc IShuttles
    function isShuttleNonceUsed(bytes32 nonce) external view returns (bool) {
        return _shuttles.used[nonce];
    }

    /// @inheritdoc IShuttles
    function hasArrived(bytes32 digest) external view returns (bool) {
        return _shuttles.arrived[digest];
    }

    /// @inheritdoc IShuttles
    function isAbsorbed(bytes32 nonce) external view returns (bool) {
        return _shuttles.absorbed[nonce];
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

    /// @inheritdoc IExitHatch
    function forcedRequest(uint256 id) external view returns (ForcedRequest memory) {
        return _exit.requests[id];
    }

    /// @inheritdoc IExitHatch
    function exitEntry() external view returns (uint64 enteredAt, ExitReason reason, uint256 requestId) {
        return (_exit.enteredAt, _exit.reason, _exit.requestId);
    }

    /// @inheritdoc IExitHatch
    function exitTotals(address token) external view returns (ExitTotals memory) {
        return _exit.totals[token];
    }

    /// @inheritdoc IExitHatch
    function claimed(bytes32 key, address token) external view returns (ExitPaid memory ofKey, uint256 ofAll) {
        return (_exit.paid[key][token], _vault.tokens[token].claimed);
    }

    function _claim(bytes32 key, ExitClaim calldata claim_) private returns (uint256 share, uint256 transit) {
        return ExitHatch.claim(_vault, _exit, key, claim_);
    }
}
