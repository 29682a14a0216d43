// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice What identifies one relay on its destination chain. Addresses stand right-aligned in their words.
struct V3RelayData {
    bytes32 depositor;
    bytes32 recipient;
    bytes32 exclusiveRelayer;
    bytes32 inputToken;
    bytes32 outputToken;
    uint256 inputAmount;
    uint256 outputAmount;
    uint256 originChainId;
    uint256 depositId;
    uint32 fillDeadline;
    uint32 exclusivityDeadline;
    bytes message;
}

/// @title What the vault uses of Across' pool, from its documentation
/// @dev The pool stands behind a proxy that its owner upgrades: what it answers and takes is checked.
interface ISpokePool {
    /// @notice Takes `inputAmount` of the caller's `inputToken`. Whoever pays `outputAmount` of `outputToken` to
    /// `recipient` on the destination chain before `fillDeadline` gets it; otherwise `depositor` gets it back here, hours
    /// later, by a plain transfer. The deposit's id is `keccak256(abi.encodePacked(msg.sender, depositor, depositNonce))`,
    /// so that it is known beforehand.
    /// @param quoteTimestamp at most an hour old, not in the future
    /// @param fillDeadline at most 6 hours ahead
    /// @param exclusivityParameter 0: anybody may fill
    /// @param message empty: the recipient is not called
    function unsafeDeposit(
        bytes32 depositor,
        bytes32 recipient,
        bytes32 inputToken,
        bytes32 outputToken,
        uint256 inputAmount,
        uint256 outputAmount,
        uint256 destinationChainId,
        bytes32 exclusiveRelayer,
        uint256 depositNonce,
        uint32 quoteTimestamp,
        uint32 fillDeadline,
        uint32 exclusivityParameter,
        bytes calldata message
    ) external payable;

    /// @notice Pays what the caller should have been refunded when the token refused to be transferred.
    function claimRelayerRefund(bytes32 l2TokenAddress, bytes32 refundAddress) external;

    /// @param relayHash `keccak256(abi.encode(V3RelayData, destinationChainId))`
    /// @return 0 not filled, 1 a slow fill is requested, 2 filled
    function fillStatuses(bytes32 relayHash) external view returns (uint256);
}
