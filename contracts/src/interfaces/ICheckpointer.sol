// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IEventLog} from "./IEventLog.sol";
import {Checkpoint, Withdrawal} from "../types/Messages.sol";

/// @title The encrypted rolling snapshot of the exchange (home chain)
/// @notice A chain of checkpoints, each signed by the enclave key and the leader, each naming its parent. The payload is
/// kept in the bytes of the event, and where the contract has a ring the newest ones also in contract storage, for the
/// day on which no node serves old events any more. `payloadHash` commits to it either way, `stateHash` to the whole
/// state behind it, of which one payload is a part: the accounts that changed and a share of all.
interface ICheckpointer is IEventLog {
    // Entries of the log.
    /// @notice The newest checkpoint, and the encrypted snapshot that its `payloadHash` commits to.
    event Checkpointed(uint64 indexed index, Checkpoint checkpoint, bytes payload);
    /// @notice What the checkpoint lets out, public before it is final. Only when there is any.
    event WithdrawalsApproved(uint64 indexed index, uint64 number, Withdrawal[] withdrawals);
    /// @notice Settlement orders, each encrypted to the settler's key. Only when there are any.
    event SettlementOrders(uint64 indexed index, uint64 number, bytes[] ciphertexts);

    /// @notice Its payload is not, or no longer, in contract storage; the event has it.
    error Checkpointer_NotKept(uint64 number, uint64 oldest, uint64 newest);
    /// @notice No checkpoint lands while the chain's Authority is paused.
    error Checkpointer_Paused();
    /// @notice Signed in another epoch than the current one.
    error Checkpointer_WrongEpoch(uint64 epoch, uint64 current);
    /// @notice Not the next one.
    error Checkpointer_WrongNumber(uint64 number, uint64 expected);
    /// @notice It does not follow the newest one.
    error Checkpointer_WrongParent(bytes32 parent, bytes32 expected);
    /// @notice Not the payload that was signed.
    error Checkpointer_WrongPayload(bytes32 payloadHash, bytes32 expected);
    /// @notice Not the withdrawals that were signed.
    error Checkpointer_WrongWithdrawals(bytes32 withdrawalsHash, bytes32 expected);
    /// @notice Not the settlement orders that were signed.
    error Checkpointer_WrongSettlements(bytes32 settlementsHash, bytes32 expected);

    // Raised by libraries, declared here so that they are in the ABI.
    /// @notice Nobody leads: no second signature can be valid.
    error Signatures_NoLeader();
    /// @notice The two signatures are not the enclave key's and the leader's, in this order. `first` and `second` signed
    /// them; 0 for a malformed or malleable one.
    error Signatures_NotBoth(address first, address second);
    /// @notice The payload could not be kept: too little gas.
    error DeploymentFailed();

    /// @notice Posts the checkpoint after the newest one. Anybody may submit it.
    /// @param checkpoint_ `number` = last + 1, `parent` = digest of the last, `epoch` = the current one, and
    /// `payloadHash = keccak256(payload)`, `withdrawalsHash = keccak256(abi.encode(withdrawals))`,
    /// `settlementsHash = keccak256(abi.encode(ciphertexts))`
    /// @param payload the encrypted snapshot
    /// @param withdrawals that it approves
    /// @param ciphertexts of settlement orders, one per order
    function checkpoint(
        Checkpoint calldata checkpoint_,
        bytes calldata payload,
        Withdrawal[] calldata withdrawals,
        bytes[] calldata ciphertexts,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external;

    /// @notice This chain's, which names who signs.
    function authority() external view returns (address);

    /// @notice How many of the newest checkpoints are kept in contract storage. 0: none, they are in the events only.
    function ringSize() external view returns (uint64);

    /// @notice The checkpoints that `payloadOf` answers for, both ends included; (0, 0) when there are none.
    function kept() external view returns (uint64 oldest, uint64 newest);

    /// @notice A kept checkpoint exactly as it was logged. Reverts with `Checkpointer_NotKept` for every other one.
    /// @param number of the checkpoint
    function payloadOf(uint64 number) external view returns (Checkpoint memory checkpoint_, bytes memory payload);

    /// @notice Number and EIP-712 digest of the newest checkpoint; (0, 0) before the first.
    function tip() external view returns (uint64 number, bytes32 digest);
}
