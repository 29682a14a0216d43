// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// The parts of CoW Protocol's contracts that a solver uses, from docs.cow.fi/cow-protocol/reference/contracts/core.

/// @notice An order and how much of it is executed. Tokens are indices into the batch's list. `flags`: bit 0 buy order, bit 1
/// partially fillable, bits 5 and 6 the signing scheme. An EIP-1271 signature is `abi.encodePacked(owner, signature)`.
struct GPv2Trade {
    uint256 sellTokenIndex;
    uint256 buyTokenIndex;
    address receiver;
    uint256 sellAmount;
    uint256 buyAmount;
    uint32 validTo;
    bytes32 appData;
    uint256 feeAmount;
    uint256 flags;
    uint256 executedAmount;
    bytes signature;
}

struct GPv2Interaction {
    address target;
    uint256 value;
    bytes callData;
}

interface IGPv2 {
    event Trade(
        address indexed owner,
        address sellToken,
        address buyToken,
        uint256 sellAmount,
        uint256 buyAmount,
        uint256 feeAmount,
        bytes orderUid
    );

    /// @notice Pre-interactions, signatures and limits of all trades, pulls, interactions, payouts, post-interactions.
    function settle(
        address[] calldata tokens,
        uint256[] calldata clearingPrices,
        GPv2Trade[] calldata trades,
        GPv2Interaction[][3] calldata interactions
    ) external;

    /// @notice Only as an interaction, and only of expired orders.
    function freeFilledAmountStorage(bytes[] calldata orderUids) external;
    function filledAmount(bytes calldata orderUid) external view returns (uint256);
    function domainSeparator() external view returns (bytes32);
    function vaultRelayer() external view returns (address);
    function authenticator() external view returns (address);
}

interface IGPv2Authentication {
    function initializeManager(address manager) external;
    function manager() external view returns (address);
    function addSolver(address solver) external;
}
