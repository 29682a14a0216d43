// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IEventLog} from "./IEventLog.sol";

/// @title Who may do what on this chain
interface IAuthority is IEventLog {
    event LeaderProposed(uint64 indexed index, address candidate, uint64 epoch, bytes32 evidenceDigest, uint64 readyAt);
    event ProposalCancelled(uint64 indexed index, address candidate, uint64 epoch);
    event LeaderChanged(uint64 indexed index, address leader, uint64 epoch, bytes32 expectedTip);
    event EnclaveChanged(uint64 indexed index, address enclave);
    event GuardianChanged(uint64 indexed index, address guardian, bool armed);
    event Paused(uint64 indexed index, address by, uint64 until);
    event Unpaused(uint64 indexed index, address by);

    function proposeLeader(address candidate, uint64 epoch, bytes32 evidenceDigest) external;
    function acceptLeader(bytes calldata candidateSignature) external;
    function cancelProposal() external;
    function vacateLeader() external;
    function pause() external;
    function unpause() external;

    function council() external view returns (address);
    function governor() external view returns (address);
    function leader() external view returns (address);
    function enclave() external view returns (address);
    function epoch() external view returns (uint64);
    function proposal() external view returns (address candidate, uint64 epoch, bytes32 evidenceDigest, uint64 readyAt);
    function paused() external view returns (bool);
    function heartbeatAt() external view returns (uint64);
    /// @notice The two keys that must sign, and what gates them, in one call.
    function signers() external view returns (address enclave, address leader, uint64 epoch, bool paused);
}
