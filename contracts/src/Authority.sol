// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EIP712} from "solady/utils/EIP712.sol";

import {EventLog} from "./EventLog.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {ICheckpointer} from "./interfaces/ICheckpointer.sol";
import {IDepositRegistry} from "./interfaces/IDepositRegistry.sol";
import {DevelopmentChain} from "./libraries/DevelopmentChain.sol";
import {PauseHistory} from "./libraries/PauseHistory.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TypedMessages} from "./libraries/TypedMessages.sol";
import {AuthorityGenesis} from "./types/Listings.sol";
import {AcceptLeader, AcceptStandby} from "./types/Messages.sol";

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

    /// @notice Proposed, then `listed`. `announcedAt` is when it last announced a takeover, 0 before the first.
    struct Standby {
        bytes32 evidenceDigest;
        uint64 readyAt;
        uint64 announcedAt;
        bool listed;
    }

    /// @notice `listed` by the governor; `armed` until he pauses.
    struct Guardian {
        bool listed;
        bool armed;
    }

    /// @notice Silence of the keeper after which a proposed leader is accepted at once.
    uint64 public constant SILENCE_FOR_ROTATION = 1 hours;
    /// @notice From the announcement of a takeover to the takeover.
    uint64 public constant TAKE_OVER_WAIT = 5 minutes;
    uint64 public constant MIN_STALE_AFTER = 15 minutes;
    uint256 public constant MAX_STANDBYS = 8;
    /// @notice All pauses together, until some of it has come back.
    uint64 public constant PAUSE_LIMIT = 3 days;
    /// @notice Seconds without a pause that bring back one second of it.
    uint64 public constant PAUSE_REFILL = 10;
    /// @notice While less of it is there nobody can pause: a guardian would waste his one pause on it.
    uint64 public constant MIN_PAUSE = 1 hours;
    /// @notice How long after `readyAt` a proposed leader or standby can still be accepted.
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
    /// @notice 0 away from the home chain.
    ICheckpointer public immutable checkpointer;
    /// @inheritdoc IAuthority
    uint64 public immutable leaderDelay;
    /// @inheritdoc IAuthority
    uint64 public immutable staleAfter;

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
    /// @inheritdoc IAuthority
    mapping(address candidate => Standby) public standby;
    /// @inheritdoc IAuthority
    uint256 public standbyCount;

    modifier onlyCouncil() {
        _requireCouncil();
        _;
    }

    modifier onlyGovernor() {
        _requireGovernor();
        _;
    }

    constructor(AuthorityGenesis memory genesis) {
        _requireAddress(genesis.council);
        _requireAddress(genesis.governor);
        _requireAddress(genesis.slowGovernor);
        _requireAddress(genesis.registry);
        _requireAddress(genesis.enclave);
        _requireDelay(genesis.leaderDelay, MIN_LEADER_DELAY);
        _requireDelay(genesis.staleAfter, MIN_STALE_AFTER);
        (council, governor, slowGovernor) = (genesis.council, genesis.governor, genesis.slowGovernor);
        (registry, checkpointer) = (IDepositRegistry(genesis.registry), ICheckpointer(genesis.checkpointer));
        (leaderDelay, staleAfter) = (genesis.leaderDelay, genesis.staleAfter);
        _heartbeatFloor = uint64(block.timestamp);
        _setEnclave(genesis.enclave);
        for (uint256 i = 0; i < genesis.guardians.length; i++) {
            _setGuardian(genesis.guardians[i], true);
        }
    }

    // ---------------------------------------------------------------- leader

    /// @inheritdoc IAuthority
    function proposeLeader(address candidate, uint64 epoch_, bytes32 evidenceDigest) external onlyCouncil {
        _requireAddress(candidate);
        _requireNotEnclave(candidate);
        _requireNextEpoch(epoch_);
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
        _requireNotLapsed(accepted.readyAt);
        _requireNotEnclave(accepted.candidate);
        // A standby may have taken over since the proposal.
        _requireNextEpoch(accepted.epoch);
        AcceptLeader memory acceptance = AcceptLeader(accepted.candidate, accepted.epoch, 0);
        _requireSignedBy(accepted.candidate, TypedMessages.hashStruct(acceptance), candidateSignature);

        delete proposal;
        _setLeader(accepted.candidate, accepted.epoch, 0);
    }

    /// @inheritdoc IAuthority
    function cancelProposal() external onlyCouncil {
        if (proposal.candidate == address(0)) revert Authority_NoProposal();
        _cancelProposal();
    }

    /// @inheritdoc IAuthority
    function vacateLeader() external onlyCouncil {
        if (leader == address(0)) revert Authority_NoLeader();
        _setLeader(address(0), epoch, 0);
    }

    // ---------------------------------------------------------------- standbys

    /// @inheritdoc IAuthority
    function proposeStandby(address candidate, bytes32 evidenceDigest) external onlyCouncil {
        _requireAddress(candidate);
        _requireNotEnclave(candidate);
        if (candidate == leader) revert Authority_AlreadyLeads(candidate);
        if (standby[candidate].listed) revert Authority_AlreadyStandby(candidate);

        uint64 readyAt = uint64(block.timestamp) + leaderDelay;
        standby[candidate] = Standby(evidenceDigest, readyAt, 0, false);
        _append(StandbyProposed.selector, abi.encode(candidate, evidenceDigest, readyAt));
    }

    /// @inheritdoc IAuthority
    /// @dev The candidate does not lead: whoever becomes leader loses his place and his proposal.
    function acceptStandby(address candidate, bytes calldata candidateSignature) external {
        Standby storage accepted = standby[candidate];
        uint64 readyAt = accepted.readyAt;
        if (readyAt == 0) revert Authority_NoProposal();
        if (accepted.listed) revert Authority_AlreadyStandby(candidate);
        if (block.timestamp < readyAt) revert Authority_ProposalNotReady(readyAt);
        _requireNotLapsed(readyAt);
        _requireNotEnclave(candidate);
        if (standbyCount == MAX_STANDBYS) revert Authority_TooManyStandbys(MAX_STANDBYS);
        AcceptStandby memory acceptance = AcceptStandby(candidate, accepted.evidenceDigest);
        _requireSignedBy(candidate, TypedMessages.hashStruct(acceptance), candidateSignature);

        accepted.listed = true;
        standbyCount++;
        _append(StandbyChanged.selector, abi.encode(candidate, true));
    }

    /// @inheritdoc IAuthority
    function removeStandby(address candidate) external onlyCouncil {
        if (standby[candidate].readyAt == 0) revert Authority_NotStandby(candidate);
        _removeStandby(candidate);
    }

    /// @inheritdoc IAuthority
    /// @dev Once until the next heartbeat, or whoever announces again and again would hold up the standby.
    function announceTakeOver(address candidate) external {
        Standby storage announcing = standby[candidate];
        if (!announcing.listed) revert Authority_NotStandby(candidate);
        uint64 heardAt = heartbeatAt();
        if (announcing.announcedAt >= heardAt) revert Authority_AlreadyAnnounced(announcing.announcedAt);
        if (leader != address(0) && _silence() < staleAfter) revert Authority_KeeperIsHeard(heardAt);

        announcing.announcedAt = uint64(block.timestamp);
        _append(TakeOverAnnounced.selector, abi.encode(candidate));
    }

    /// @inheritdoc IAuthority
    function takeOver(
        AcceptLeader calldata acceptance,
        bytes calldata enclaveSignature,
        bytes calldata candidateSignature
    ) external {
        address candidate = acceptance.candidate;
        if (paused()) revert Authority_Paused(pausedUntil);
        if (!standby[candidate].listed) revert Authority_NotStandby(candidate);
        _requireNotEnclave(candidate);
        _requireNextEpoch(acceptance.epoch);
        _requireWaited(standby[candidate].announcedAt);
        bytes32 current = tip();
        if (acceptance.expectedTip != current) revert Authority_WrongTip(acceptance.expectedTip, current);
        bytes32 digest = _hashTypedData(TypedMessages.hashStruct(acceptance));
        Signatures.requireBoth(digest, Signatures.pairOf(enclave, candidate), enclaveSignature, candidateSignature);

        _setLeader(candidate, acceptance.epoch, current);
    }

    // ---------------------------------------------------------------- pauses

    /// @inheritdoc IAuthority
    function pause() external {
        if (msg.sender != council) {
            if (!guardian[msg.sender].armed) revert Authority_MayNotPause(msg.sender);
            guardian[msg.sender].armed = false;
        }
        if (paused()) revert Authority_AlreadyPaused(pausedUntil);
        uint64 time = uint64(block.timestamp);
        uint64 used = _pauseFullAt > time ? (_pauseFullAt - time + PAUSE_REFILL - 1) / PAUSE_REFILL : 0;
        if (used > PAUSE_LIMIT - MIN_PAUSE) {
            revert Authority_PauseUsedUp(_pauseFullAt - (PAUSE_LIMIT - MIN_PAUSE) * PAUSE_REFILL);
        }

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

    // ---------------------------------------------------------------- enclave

    /// @inheritdoc IAuthority
    function changeEnclave(address enclave_) external {
        if (msg.sender != slowGovernor) revert Authority_NotSlowGovernor(msg.sender);
        _requireAddress(enclave_);
        if (enclave_ == leader) revert Authority_EnclaveCannotLead(leader);
        _setEnclave(enclave_);
        _pushToVault();
    }

    // ---------------------------------------------------------------- views

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

    /// @inheritdoc IAuthority
    function tip() public view returns (bytes32 digest) {
        if (address(checkpointer) != address(0)) {
            (, digest) = checkpointer.tip();
            return digest;
        }
        (uint64 rootEpoch, uint64 checkpoint,,) = registry.newestRoot();
        (bytes32 treeRoot, uint64 processedIndex) = registry.newestTree();
        return keccak256(abi.encode(rootEpoch, checkpoint, treeRoot, processedIndex));
    }

    // ---------------------------------------------------------------- helpers

    /// @dev How long the keeper has not been heard, without pauses.
    function _silence() private view returns (uint64) {
        return runningSeconds(heartbeatAt(), uint64(block.timestamp));
    }

    /// @dev Asked at the acceptance and not at the proposal: a keeper that is back, or a pause, takes it away again. A
    /// vacated office is neither "no leader yet" nor silence of the keeper: otherwise vacating would be a way around the
    /// delay.
    function _mayRotateAtOnce() private view returns (bool) {
        if (leader == address(0)) return epoch == 0;
        return !paused() && _silence() > SILENCE_FOR_ROTATION;
    }

    /// @dev A heartbeat that was signed after the announcement makes it void, and so does a change of leader. One that was
    /// signed before and landed after it counts from its own time, so that old ones which somebody kept hold up nothing.
    function _requireWaited(uint64 announcedAt) private view {
        uint64 heardAt = heartbeatAt();
        if (announcedAt < heardAt) revert Authority_NotAnnounced();
        uint64 waited = runningSeconds(announcedAt, uint64(block.timestamp));
        uint64 needed = TAKE_OVER_WAIT;
        if (leader != address(0) && waited >= needed) (waited, needed) = (_silence(), staleAfter + TAKE_OVER_WAIT);
        if (waited < needed) revert Authority_TakeOverTooEarly(needed - waited);
    }

    /// @dev Whoever leads, or led and was vacated, must not come back as a standby without a new proposal.
    function _setLeader(address leader_, uint64 epoch_, bytes32 expectedTip) private {
        if (standby[leader_].readyAt != 0) _removeStandby(leader_);
        (leader, epoch) = (leader_, epoch_);
        _heartbeatFloor = uint64(block.timestamp);
        _append(LeaderChanged.selector, abi.encode(leader_, epoch_, expectedTip));
        _pushToVault();
    }

    function _removeStandby(address candidate) private {
        if (standby[candidate].listed) standbyCount--;
        delete standby[candidate];
        _append(StandbyChanged.selector, abi.encode(candidate, false));
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

    /// @dev One key in both roles would make two signatures one.
    function _requireNotEnclave(address candidate) private view {
        if (candidate == enclave) revert Authority_EnclaveCannotLead(candidate);
    }

    function _requireNextEpoch(uint64 epoch_) private view {
        if (epoch_ <= epoch || epoch_ - epoch > MAX_EPOCH_STEP) revert Authority_EpochNotGrowing(epoch_, epoch);
    }

    function _requireNotLapsed(uint64 readyAt) private view {
        uint64 lapsesAt = readyAt + PROPOSAL_LIFE;
        if (block.timestamp > lapsesAt) revert Authority_ProposalLapsed(lapsesAt);
    }

    function _requireSignedBy(address candidate, bytes32 structHash, bytes calldata signature) private view {
        address recovered = Signatures.recover(_hashTypedData(structHash), signature);
        if (recovered != candidate) revert Authority_NotSignedByCandidate(recovered);
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
