// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IEventLog} from "./IEventLog.sol";
import {ExitRoots, Withdrawal} from "../types/Messages.sol";

/// @title The vault of one chain
interface IDepositRegistry is IEventLog {
    // Entries of the log: only `index` is indexed.
    event Deposited(uint64 indexed index, address token, uint256 amount, address account, uint32 subaccount, address payer);
    event Withdrawn(uint64 indexed index, address account, address token, uint256 amount, address recipient, uint256 nonce);
    event WithdrawalCancelled(uint64 indexed index, address account, uint256 nonce);
    event ExitRootPosted(
        uint64 indexed index,
        uint64 epoch,
        uint64 checkpoint,
        uint64 issuedAt,
        bytes32 root,
        bytes32 treeRoot,
        uint64 processedIndex
    );
    event TokenListed(uint64 indexed index, address token, uint256 depositCap);

    function deposit(address token, uint256 amount, address account, uint32 subaccount) external;

    function withdraw(Withdrawal calldata withdrawal, bytes calldata enclaveSignature, bytes calldata leaderSignature) external;

    function withdrawMany(
        Withdrawal[] calldata withdrawals,
        bytes[] calldata enclaveSignatures,
        bytes[] calldata leaderSignatures
    ) external returns (bool[] memory paid);

    function cancelWithdrawal(uint256 nonce) external;

    function postExitRoot(
        ExitRoots calldata roots,
        bytes32 treeRoot,
        uint64 processedIndex,
        bytes32[] calldata proof,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external;

    function listToken(address token, uint256 depositCap) external;

    function isNonceUsed(address account, uint256 nonce) external view returns (bool);
    function accounted(address token) external view returns (uint256);
    function newestRoot() external view returns (uint64 epoch, uint64 checkpoint, uint64 issuedAt, uint64 postedAt);
}
