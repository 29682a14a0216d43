// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {ISettlements} from "./interfaces/ISettlements.sol";

/// @title The account of one CoW order
/// @notice The vault makes a minimal clone of this contract per settlement. A lane does what its vault says, and nothing
/// else: see `ISettlements`.
contract SettlementLane {
    using SafeTransferLib for address;

    ISettlements private immutable REGISTRY;

    error SettlementLane_NotRegistry(address caller);

    modifier onlyRegistry() {
        if (msg.sender != address(REGISTRY)) revert SettlementLane_NotRegistry(msg.sender);
        _;
    }

    /// @dev The vault deploys it.
    constructor() {
        REGISTRY = ISettlements(msg.sender);
    }

    /// @notice Lets CoW Protocol's vault relayer pull `amount`, which takes a valid signature of this lane.
    function approve(address token, address relayer, uint256 amount) external onlyRegistry {
        token.safeApprove(relayer, amount);
    }

    /// @notice Sends all there is to the vault. Some tokens refuse to transfer nothing.
    function sweep(address token) external onlyRegistry {
        uint256 balance = IERC20(token).balanceOf(address(this));
        if (balance != 0) token.safeTransfer(msg.sender, balance);
    }

    /// @notice EIP-1271.
    /// @param signature see `ISettlements.checkLaneSignature`
    function isValidSignature(bytes32 orderDigest, bytes calldata signature) external view returns (bytes4) {
        return REGISTRY.checkLaneSignature(orderDigest, signature);
    }
}
