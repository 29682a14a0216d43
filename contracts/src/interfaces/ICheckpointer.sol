// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IEventLog} from "./IEventLog.sol";
import {Checkpoint, Withdrawal} from "../types/Messages.sol";

/// @title The encrypted rolling snapshot of the exchange (home chain)
interface ICheckpointer is IEventLog {
    event Checkpointed(uint64 indexed index, Checkpoint checkpoint, bytes payload);
    event WithdrawalsApproved(uint64 indexed index, uint64 number, Withdrawal[] withdrawals);
    event SettlementOrders(uint64 indexed index, uint64 number, bytes[] ciphertexts);

    function checkpoint(
        Checkpoint calldata checkpoint_,
        bytes calldata payload,
        Withdrawal[] calldata withdrawals,
        bytes[] calldata ciphertexts,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external;

    /// @notice Number and EIP-712 digest of the newest checkpoint; (0, 0) before the first.
    function tip() external view returns (uint64 number, bytes32 digest);
}
