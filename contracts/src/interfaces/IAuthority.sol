// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AcceptLeader} from "../types/Messages.sol";
import {IEventLog} from "./IEventLog.sol";

/// @title Who may do what on this chain
/// @notice Four tiers. *Pause*: a guardian (once, until the council arms him again) or the council, at once, 3 days in all.
/// *Tighten*: the council, at once. *Rotate*: the council, after a delay, or at once when the keeper is silent. *Loosen*: the
/// governor (72 h) and, for what could take money, the slow governor (14 days), timelocks whose proposer, executor and
/// canceller is the council.
///
/// Moving money is none of them: it takes the enclave key's and the leader's signature, which this contract only names.
///
/// Leadership: none (`leader = 0`) → proposed → led, epoch + n → proposed … A proposal waits until `readyAt`, then for 7
/// days anybody may submit the candidate's own signature, then it has lapsed. `vacateLeader` leads back to none and keeps the
/// epoch.
///
/// Standbys: proposed → (after the leader delay, always) listed → announced → leads, and is listed no more. A listed standby
/// takes over without a human: when the keeper has been silent for `staleAfter`, or the office is vacated, it announces
/// that, and after 5 minutes without a heartbeat it leads, if the enclave key signs too. Silence and those 5 minutes count
/// only seconds that were not paused. `staleAfter` must be longer than the home chain takes to make a checkpoint final,
/// or a new leader is overtaken before his first heartbeat.
interface IAuthority is IEventLog {
    // Entries of the log.
    /// @notice The council proposed a leader, who can be accepted from `readyAt` on.
    event LeaderProposed(uint64 indexed index, address candidate, uint64 epoch, bytes32 evidenceDigest, uint64 readyAt);
    /// @notice The council took its proposal back, or replaced it.
    event ProposalCancelled(uint64 indexed index, address candidate, uint64 epoch);
    /// @notice Somebody leads, or nobody any more. What the leader before signed is void for all that binds the epoch.
    /// @param leader 0 when the office was vacated
    /// @param expectedTip what the leader of a takeover goes on from; 0 otherwise
    event LeaderChanged(uint64 indexed index, address leader, uint64 epoch, bytes32 expectedTip);
    /// @notice The council proposed a standby, who can be accepted from `readyAt` on.
    event StandbyProposed(uint64 indexed index, address candidate, bytes32 evidenceDigest, uint64 readyAt);
    /// @notice A standby was listed, or is one no more.
    /// @param listed false when the council removed it, listed or only proposed, or when it became the leader
    event StandbyChanged(uint64 indexed index, address standby, bool listed);
    /// @notice The keeper is silent, or nobody leads: in 5 minutes this standby may take over.
    event TakeOverAnnounced(uint64 indexed index, address standby);
    /// @notice The key that signs beside the leader is another.
    event EnclaveChanged(uint64 indexed index, address enclave);
    /// @notice A guardian may pause (once more), or may not any more.
    /// @param armed false when the guardian was removed. His own pause disarms him without this entry: see `Paused`.
    event GuardianChanged(uint64 indexed index, address guardian, bool armed);
    /// @notice Withdrawals, settlements, shuttles and checkpoints stand still.
    /// @param by the council, or a guardian, who is disarmed by this
    /// @param until when the pause ends by itself
    event Paused(uint64 indexed index, address by, uint64 until);
    /// @notice They go on, before the pause ended by itself.
    event Unpaused(uint64 indexed index, address by);

    /// @notice Only the council may.
    error Authority_NotCouncil(address caller);
    /// @notice Only the governor may.
    error Authority_NotGovernor(address caller);
    /// @notice Only the slow governor may.
    error Authority_NotSlowGovernor(address caller);
    /// @notice Neither the council nor an armed guardian.
    error Authority_MayNotPause(address caller);
    /// @notice Not listed, so there is nobody to arm.
    error Authority_NotGuardian(address guardian);
    /// @notice An address that must be somebody is 0.
    error Authority_ZeroAddress();
    /// @notice One key in both roles would make two signatures one.
    error Authority_EnclaveCannotLead(address key);
    /// @notice A new epoch must lie above the current one, and not by more than 2³².
    error Authority_EpochNotGrowing(uint64 epoch, uint64 current);
    /// @notice Nobody is proposed.
    error Authority_NoProposal();
    /// @notice Too early: the delay ends at `readyAt`.
    error Authority_ProposalNotReady(uint64 readyAt);
    /// @notice Nobody accepted in time; the council may propose again.
    error Authority_ProposalLapsed(uint64 lapsedAt);
    /// @notice Signed by `recovered`, or malformed when that is 0.
    error Authority_NotSignedByCandidate(address recovered);
    /// @notice Nobody leads.
    error Authority_NoLeader();
    /// @notice Who leads does not stand by.
    error Authority_AlreadyLeads(address candidate);
    /// @notice The candidate is listed.
    error Authority_AlreadyStandby(address candidate);
    /// @notice The candidate is not listed (nor, for a removal, proposed).
    error Authority_NotStandby(address candidate);
    /// @notice The list is full.
    error Authority_TooManyStandbys(uint256 maximum);
    /// @notice Not silent for long enough since `heardAt`.
    error Authority_KeeperIsHeard(uint64 heardAt);
    /// @notice The keeper has not been heard since that announcement; another would only start the wait again.
    error Authority_AlreadyAnnounced(uint64 announcedAt);
    /// @notice Never, or the keeper was heard or the leader changed since.
    error Authority_NotAnnounced();
    /// @notice So many seconds without a pause and without a heartbeat are missing.
    error Authority_TakeOverTooEarly(uint64 missingSeconds);
    /// @notice The candidate would go on from something else than what is newest here.
    error Authority_WrongTip(bytes32 expected, bytes32 current);
    /// @notice Nobody takes over during a pause.
    error Authority_Paused(uint64 until);
    /// @notice The pause that runs ends at `until`.
    error Authority_AlreadyPaused(uint64 until);
    /// @notice Nothing is paused.
    error Authority_NotPaused();
    /// @notice Less than an hour of the 3 days is left; they come back at a tenth of the speed of time.
    error Authority_PauseUsedUp(uint64 availableAt);
    /// @notice Short delays are for the development chains 31337 and 31338 only.
    error Authority_DelayTooShort(uint64 delay, uint64 minimum);

    // Raised by libraries, declared here so that they are in the ABI.
    /// @notice Nobody leads: no second signature can be valid.
    error Signatures_NoLeader();
    /// @notice The two signatures are not the enclave key's and the candidate's, in this order. `first` and `second` signed
    /// them; 0 for a malformed or malleable one.
    error Signatures_NotBoth(address first, address second);
    /// @notice A clock that runs backwards.
    error CheckpointUnorderedInsertion();

    /// @notice Council only. Replaces (cancels) a waiting proposal. `readyAt` is always after the leader delay (24 h); see
    /// `acceptLeader` for when it need not be waited for.
    /// @param candidate must not be the enclave key
    /// @param epoch the same number on all chains
    /// @param evidenceDigest hash of the evidence that the council looked at
    function proposeLeader(address candidate, uint64 epoch, bytes32 evidenceDigest) external;

    /// @notice Anybody may submit the candidate's `AcceptLeader` signature (proof of possession, `expectedTip` 0), from
    /// `readyAt` until 7 days later. Before `readyAt` only while one of these holds: nobody has ever led, or the leading
    /// keeper has been silent for over 1 h of unpaused time and nothing is paused.
    /// @param candidateSignature 65 bytes `r‖s‖v`
    function acceptLeader(bytes calldata candidateSignature) external;

    /// @notice Council only: takes a leader's proposal back.
    function cancelProposal() external;

    /// @notice Council only, at once: until the next leader nothing that needs the leader's signature happens. The next
    /// one takes the leader delay, however long the silence.
    function vacateLeader() external;

    /// @notice Council only. It can be accepted after the leader delay and never sooner, until 7 days later. Another proposal
    /// of the same candidate replaces it; `removeStandby` takes it back.
    /// @param candidate must neither lead nor be the enclave key
    /// @param evidenceDigest hash of the evidence that the council looked at
    function proposeStandby(address candidate, bytes32 evidenceDigest) external;

    /// @notice Lists a proposed standby. Anybody may submit the candidate's `AcceptStandby` signature.
    /// @param candidateSignature 65 bytes `r‖s‖v`
    function acceptStandby(address candidate, bytes calldata candidateSignature) external;

    /// @notice Council only, at once: takes a standby from the list, or a proposal back.
    function removeStandby(address candidate) external;

    /// @notice Starts the 5 minutes after which a listed standby may take over. Anybody may send it (it only says in public
    /// what the chain shows), once the keeper has been silent for `staleAfter`, or when nobody leads.
    function announceTakeOver(address candidate) external;

    /// @notice Makes a listed standby the leader, when nothing is paused, 5 minutes after it announced that, if the keeper
    /// has been silent for those too. Anybody may submit the two signatures of `acceptance`.
    /// @param acceptance `epoch` must grow and is the same number on all chains; `expectedTip` must be `tip()`
    /// @param candidateSignature 65 bytes `r‖s‖v`
    function takeOver(
        AcceptLeader calldata acceptance,
        bytes calldata enclaveSignature,
        bytes calldata candidateSignature
    ) external;

    /// @notice An armed guardian (once) or the council. Stops withdrawals and checkpoints until `unpause`, at most for what
    /// is left of 3 days; not while less than an hour is left, which would waste a guardian's pause. What was used comes back
    /// at a tenth of the speed of time.
    function pause() external;

    /// @notice Council only: ends the pause that runs.
    function unpause() external;

    /// @notice Governor only: adds an armed guardian (`listed`), or removes him.
    function changeGuardian(address guardian, bool listed) external;

    /// @notice Council only: a guardian who has paused may pause once more.
    function armGuardian(address guardian) external;

    /// @notice Slow governor only: its delay (14 days) is longer than an exit without the keeper takes.
    function changeEnclave(address enclave) external;

    /// @notice A Safe of three of five.
    function council() external view returns (address);
    /// @notice A timelock of 72 h.
    function governor() external view returns (address);
    /// @notice A timelock of 14 days, for what could take money: the enclave key, settleable tokens, shuttle routes.
    function slowGovernor() external view returns (address);
    /// @notice 0 while nobody leads.
    function leader() external view returns (address);
    /// @notice The key that every genuine enclave holds.
    function enclave() external view returns (address);
    /// @notice Grows with each leader; the same number on all chains.
    function epoch() external view returns (uint64);
    /// @notice All zero while no proposal waits. One that has lapsed stays until it is cancelled or replaced.
    function proposal() external view returns (address candidate, uint64 epoch, bytes32 evidenceDigest, uint64 readyAt);
    /// @notice All zero for a stranger. `listed` is false while only proposed; `announcedAt` is 0 before the first
    /// announcement.
    function standby(address candidate)
        external
        view
        returns (bytes32 evidenceDigest, uint64 readyAt, uint64 announcedAt, bool listed);
    /// @notice How many are listed, at most 8.
    function standbyCount() external view returns (uint256);
    /// @notice Seconds from a proposal of a leader or a standby to its acceptance.
    function leaderDelay() external view returns (uint64);
    /// @notice Seconds of silence after which a standby may announce that it takes over.
    function staleAfter() external view returns (uint64);
    /// @notice What a takeover must go on from. On the home chain the digest of the newest checkpoint; elsewhere
    /// `keccak256(abi.encode(epoch, checkpoint, treeRoot, processedIndex))` of the vault's newest exit root.
    function tip() external view returns (bytes32);
    /// @notice `listed` by the governor; `armed` until he pauses, and again when the council arms him.
    function guardian(address account) external view returns (bool listed, bool armed);
    /// @notice Whether a pause runs.
    function paused() external view returns (bool);
    /// @notice When the running or the last pause ends or ended, in seconds; 0 before the first.
    function pausedUntil() external view returns (uint64);
    /// @notice Seconds from `from` to `to` that were not paused, exactly; 0 when `from` is not earlier. Whatever waits for
    /// somebody's silence counts in these, because a pause stops what makes the keeper heard. In the future a running pause
    /// counts as if it lasted to its end.
    function runningSeconds(uint64 from, uint64 to) external view returns (uint64);
    /// @notice Time of signing of the newest exit root, but not before the deployment or the last change of leader.
    function heartbeatAt() external view returns (uint64);
    /// @notice The two keys that must sign, and what gates them, in one call.
    function signers() external view returns (address enclave, address leader, uint64 epoch, bool paused);
}
