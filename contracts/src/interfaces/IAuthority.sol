// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

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
/// days anybody may submit the candidate's own signature, then it has lapsed. `vacateLeader` leads back to none and keeps the epoch.
interface IAuthority is IEventLog {
    // Entries of the log.
    event LeaderProposed(uint64 indexed index, address candidate, uint64 epoch, bytes32 evidenceDigest, uint64 readyAt);
    event ProposalCancelled(uint64 indexed index, address candidate, uint64 epoch);
    /// @param leader 0 when the office was vacated
    event LeaderChanged(uint64 indexed index, address leader, uint64 epoch, bytes32 expectedTip);
    event EnclaveChanged(uint64 indexed index, address enclave);
    /// @param armed false when the guardian was removed. His own pause disarms him without this entry: see `Paused`.
    event GuardianChanged(uint64 indexed index, address guardian, bool armed);
    /// @param by the council, or a guardian, who is disarmed by this
    /// @param until when the pause ends by itself
    event Paused(uint64 indexed index, address by, uint64 until);
    event Unpaused(uint64 indexed index, address by);

    error Authority_NotCouncil(address caller);
    error Authority_NotGovernor(address caller);
    error Authority_NotSlowGovernor(address caller);
    /// @notice Neither the council nor an armed guardian.
    error Authority_MayNotPause(address caller);
    error Authority_NotGuardian(address guardian);
    error Authority_ZeroAddress();
    /// @notice One key in both roles would make two signatures one.
    error Authority_EnclaveCannotLead(address key);
    /// @notice A new epoch must lie above the current one, and not by more than 2³².
    error Authority_EpochNotGrowing(uint64 epoch, uint64 current);
    error Authority_NoProposal();
    error Authority_ProposalNotReady(uint64 readyAt);
    /// @notice Nobody accepted in time; the council may propose again.
    error Authority_ProposalLapsed(uint64 lapsedAt);
    error Authority_NotSignedByCandidate(address recovered);
    error Authority_NoLeader();
    error Authority_AlreadyPaused(uint64 until);
    error Authority_NotPaused();
    /// @notice The 3 days are used up; they come back at a tenth of the speed of time.
    error Authority_PauseUsedUp();
    /// @notice Short delays are for the development chains 31337 and 31338 only.
    error Authority_DelayTooShort(uint64 delay, uint64 minimum);

    /// @notice Council only. Replaces (cancels) a waiting proposal. `readyAt` is always after the leader delay (24 h); see
    /// `acceptLeader` for when it need not be waited for.
    /// @param candidate must not be the enclave key
    /// @param epoch the same number on all chains
    /// @param evidenceDigest hash of the evidence that the council looked at
    function proposeLeader(address candidate, uint64 epoch, bytes32 evidenceDigest) external;

    /// @notice Anybody may submit the candidate's `AcceptLeader` signature (proof of possession, `expectedTip` 0), from
    /// `readyAt` until 7 days later. Before `readyAt` only while one of these holds: nobody has ever led, or the leading
    /// keeper has been silent for over 1 h of unpaused time and nothing is paused.
    function acceptLeader(bytes calldata candidateSignature) external;

    /// @notice Council only.
    function cancelProposal() external;

    /// @notice Council only, at once: until the next leader nothing that needs the leader's signature happens. The next
    /// one takes the leader delay, however long the silence.
    function vacateLeader() external;

    /// @notice An armed guardian (once) or the council. Stops withdrawals and checkpoints until `unpause`, at most for what
    /// is left of 3 days. What was used comes back at a tenth of the speed of time.
    function pause() external;

    /// @notice Council only.
    function unpause() external;

    /// @notice Governor only: adds an armed guardian, or removes him.
    function changeGuardian(address guardian, bool listed) external;

    /// @notice Council only: a guardian who has paused may pause once more.
    function armGuardian(address guardian) external;

    /// @notice Slow governor only: its delay (14 days) is longer than an exit without the keeper takes.
    function changeEnclave(address enclave) external;

    function council() external view returns (address);
    /// @notice A timelock of 72 h.
    function governor() external view returns (address);
    /// @notice A timelock of 14 days, for what could take money: the enclave key, settleable tokens, shuttle routes.
    function slowGovernor() external view returns (address);
    /// @notice 0 while nobody leads.
    function leader() external view returns (address);
    function enclave() external view returns (address);
    function epoch() external view returns (uint64);
    /// @notice All zero while no proposal waits. One that has lapsed stays until it is cancelled or replaced.
    function proposal() external view returns (address candidate, uint64 epoch, bytes32 evidenceDigest, uint64 readyAt);
    function guardian(address account) external view returns (bool listed, bool armed);
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
