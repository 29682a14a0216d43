// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EIP712} from "solady/utils/EIP712.sol";

import {EventLog} from "./EventLog.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {IDepositRegistry} from "./interfaces/IDepositRegistry.sol";
import {DevelopmentChain} from "./libraries/DevelopmentChain.sol";
import {PauseHistory} from "./libraries/PauseHistory.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TypedMessages} from "./libraries/TypedMessages.sol";
import {AcceptLeader} from "./types/Messages.sol";

/// @title Leader, epoch, enclave key, pauses and delays of one chain
contract Authority is IAuthority, EventLog, EIP712 {
    using PauseHistory for PauseHistory.Pauses;

    /// @notice A waiting leader.
    struct LeaderProposal {
        address candidate;
        uint64 epoch;
        bytes32 evidenceDigest;
        uint64 readyAt;
    }

    /// @notice `listed` by the governor; `armed` until he pauses.
    struct Guardian {
        bool listed;
        bool armed;
    }

    /// @notice Silence of the keeper after which a proposed leader is accepted at once.
    uint64 public constant STALE_AFTER = 1 hours;
    /// @notice All pauses together, until some of it has come back.
    uint64 public constant PAUSE_LIMIT = 3 days;
    /// @notice Seconds without a pause that bring back one second of it.
    uint64 public constant PAUSE_REFILL = 10;
    /// @notice How long after `readyAt` a proposed leader can still be accepted.
    uint64 public constant PROPOSAL_LIFE = 7 days;
    uint64 public constant MIN_LEADER_DELAY = 24 hours;
    uint64 private constant MAX_EPOCH_STEP = 1 << 32;

    /// @inheritdoc IAuthority
    address public immutable council;
    /// @inheritdoc IAuthority
    address public immutable governor;
    /// @inheritdoc IAuthority
    address public immutable slowGovernor;
    IDepositRegistry public immutable registry;
    uint64 public immutable leaderDelay;

    /// @dev When all of `PAUSE_LIMIT` is there again.
    uint64 private _pauseFullAt;
    uint64 private _heartbeatFloor;
    PauseHistory.Pauses private _pauses;

    // `signers()` reads these two slots.
    /// @inheritdoc IAuthority
    address public enclave;
    /// @inheritdoc IAuthority
    uint64 public pausedUntil;

    /// @inheritdoc IAuthority
    address public leader;
    /// @inheritdoc IAuthority
    uint64 public epoch;

    /// @inheritdoc IAuthority
    LeaderProposal public proposal;
    /// @inheritdoc IAuthority
    mapping(address account => Guardian) public guardian;

    modifier onlyCouncil() {
        _requireCouncil();
        _;
    }

    modifier onlyGovernor() {
        _requireGovernor();
        _;
    }

    /// @param registry_ the vault of this chain, whose newest exit root is the heartbeat; may be deployed later
    /// @param guardians listed and armed from the start
    constructor(
        address council_,
        address governor_,
        address slowGovernor_,
        address registry_,
        address enclave_,
        address[] memory guardians,
        uint64 leaderDelay_
    ) {
        _requireAddress(council_);
        _requireAddress(governor_);
        _requireAddress(slowGovernor_);
        _requireAddress(registry_);
        _requireAddress(enclave_);
        _requireDelay(leaderDelay_, MIN_LEADER_DELAY);
        (council, governor, slowGovernor) = (council_, governor_, slowGovernor_);
        (registry, leaderDelay) = (IDepositRegistry(registry_), leaderDelay_);
        _heartbeatFloor = uint64(block.timestamp);
        _setEnclave(enclave_);
        for (uint256 i = 0; i < guardians.length; i++) {
            _setGuardian(guardians[i], true);
        }
    }

    /// @inheritdoc IAuthority
    function proposeLeader(address candidate, uint64 epoch_, bytes32 evidenceDigest) external onlyCouncil {
        _requireAddress(candidate);
        if (candidate == enclave) revert Authority_EnclaveCannotLead(candidate);
        if (epoch_ <= epoch || epoch_ - epoch > MAX_EPOCH_STEP) revert Authority_EpochNotGrowing(epoch_, epoch);
        if (proposal.candidate != address(0)) _cancelProposal();

        uint64 readyAt = uint64(block.timestamp) + leaderDelay;
        proposal = LeaderProposal(candidate, epoch_, evidenceDigest, readyAt);
        _append(LeaderProposed.selector, abi.encode(candidate, epoch_, evidenceDigest, readyAt));
    }

    /// @inheritdoc IAuthority
    function acceptLeader(bytes calldata candidateSignature) external {
        LeaderProposal memory accepted = proposal;
        if (accepted.candidate == address(0)) revert Authority_NoProposal();
        if (block.timestamp < accepted.readyAt && !_mayRotateAtOnce()) {
            revert Authority_ProposalNotReady(accepted.readyAt);
        }
        uint64 lapsesAt = accepted.readyAt + PROPOSAL_LIFE;
        if (block.timestamp > lapsesAt) revert Authority_ProposalLapsed(lapsesAt);
        if (accepted.candidate == enclave) revert Authority_EnclaveCannotLead(accepted.candidate);
        AcceptLeader memory acceptance = AcceptLeader(accepted.candidate, accepted.epoch, 0);
        address recovered = Signatures.recover(_hashTypedData(TypedMessages.hashStruct(acceptance)), candidateSignature);
        if (recovered != accepted.candidate) revert Authority_NotSignedByCandidate(recovered);

        delete proposal;
        _heartbeatFloor = uint64(block.timestamp);
        _setLeader(accepted.candidate, accepted.epoch);
    }

    /// @inheritdoc IAuthority
    function cancelProposal() external onlyCouncil {
        if (proposal.candidate == address(0)) revert Authority_NoProposal();
        _cancelProposal();
    }

    /// @inheritdoc IAuthority
    function vacateLeader() external onlyCouncil {
        if (leader == address(0)) revert Authority_NoLeader();
        _setLeader(address(0), epoch);
    }

    /// @inheritdoc IAuthority
    function pause() external {
        if (msg.sender != council) {
            if (!guardian[msg.sender].armed) revert Authority_MayNotPause(msg.sender);
            guardian[msg.sender].armed = false;
        }
        if (paused()) revert Authority_AlreadyPaused(pausedUntil);
        uint64 time = uint64(block.timestamp);
        uint64 used = _pauseFullAt > time ? (_pauseFullAt - time + PAUSE_REFILL - 1) / PAUSE_REFILL : 0;
        if (used >= PAUSE_LIMIT) revert Authority_PauseUsedUp();

        pausedUntil = time + PAUSE_LIMIT - used;
        _pauseFullAt = pausedUntil + PAUSE_LIMIT * PAUSE_REFILL;
        _pauses.begin(pausedUntil);
        _append(Paused.selector, abi.encode(msg.sender, pausedUntil));
        _pushToVault();
    }

    /// @inheritdoc IAuthority
    function unpause() external onlyCouncil {
        if (!paused()) revert Authority_NotPaused();
        uint64 time = uint64(block.timestamp);
        uint64 unused = pausedUntil - time;
        pausedUntil = time;
        _pauseFullAt = time + (PAUSE_LIMIT - unused) * PAUSE_REFILL;
        _pauses.end();
        _append(Unpaused.selector, abi.encode(msg.sender));
        _pushToVault();
    }

    /// @inheritdoc IAuthority
    function changeGuardian(address guardian_, bool listed) external onlyGovernor {
        _setGuardian(guardian_, listed);
    }

    /// @inheritdoc IAuthority
    function armGuardian(address guardian_) external onlyCouncil {
        if (!guardian[guardian_].listed) revert Authority_NotGuardian(guardian_);
        _setGuardian(guardian_, true);
    }

    /// @inheritdoc IAuthority
    function changeEnclave(address enclave_) external {
        if (msg.sender != slowGovernor) revert Authority_NotSlowGovernor(msg.sender);
        _requireAddress(enclave_);
        if (enclave_ == leader) revert Authority_EnclaveCannotLead(leader);
        _setEnclave(enclave_);
        _pushToVault();
    }

    /// @inheritdoc IAuthority
    function signers() external view returns (address enclave_, address leader_, uint64 epoch_, bool paused_) {
        return (enclave, leader, epoch, paused());
    }

    /// @inheritdoc IAuthority
    function paused() public view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    /// @inheritdoc IAuthority
    function heartbeatAt() public view returns (uint64) {
        uint64 heard = registry.heartbeatAt();
        return heard > _heartbeatFloor ? heard : _heartbeatFloor;
    }

    /// @inheritdoc IAuthority
    function runningSeconds(uint64 from, uint64 to) public view returns (uint64) {
        return from < to ? to - from - (_pauses.pausedBefore(to) - _pauses.pausedBefore(from)) : 0;
    }

    /// @dev Asked at the acceptance and not at the proposal: a keeper that is back, or a pause, takes it away again. A
    /// vacated office is neither "no leader yet" nor silence of the keeper: otherwise vacating would be a way around the
    /// delay.
    function _mayRotateAtOnce() private view returns (bool) {
        if (leader == address(0)) return epoch == 0;
        return !paused() && runningSeconds(heartbeatAt(), uint64(block.timestamp)) > STALE_AFTER;
    }

    function _setLeader(address leader_, uint64 epoch_) private {
        (leader, epoch) = (leader_, epoch_);
        _append(LeaderChanged.selector, abi.encode(leader_, epoch_, bytes32(0)));
        _pushToVault();
    }

    /// @dev The vault keeps a copy of what gates money, which spares each withdrawal a call and a slot.
    function _pushToVault() private {
        // Times fit.
        // forge-lint: disable-next-line(unsafe-typecast)
        registry.setAuthority(Signatures.pairOf(enclave, leader), epoch, uint40(pausedUntil));
    }

    function _setEnclave(address enclave_) private {
        enclave = enclave_;
        _append(EnclaveChanged.selector, abi.encode(enclave_));
    }

    function _setGuardian(address guardian_, bool listed) private {
        _requireAddress(guardian_);
        guardian[guardian_] = Guardian(listed, listed);
        _append(GuardianChanged.selector, abi.encode(guardian_, listed));
    }

    function _cancelProposal() private {
        (address candidate, uint64 epoch_) = (proposal.candidate, proposal.epoch);
        delete proposal;
        _append(ProposalCancelled.selector, abi.encode(candidate, epoch_));
    }

    function _requireCouncil() private view {
        if (msg.sender != council) revert Authority_NotCouncil(msg.sender);
    }

    function _requireGovernor() private view {
        if (msg.sender != governor) revert Authority_NotGovernor(msg.sender);
    }

    function _requireAddress(address account) private pure {
        if (account == address(0)) revert Authority_ZeroAddress();
    }

    function _requireDelay(uint64 delay, uint64 minimum) private view {
        if (delay < minimum && !DevelopmentChain.isHere()) revert Authority_DelayTooShort(delay, minimum);
    }

    function _domainNameAndVersion() internal pure override returns (string memory name, string memory version) {
        return (TypedMessages.AUTHORITY_NAME, TypedMessages.VERSION);
    }
}
