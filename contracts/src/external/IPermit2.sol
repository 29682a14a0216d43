// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The part of Permit2 that the router uses: transfers by a signature that names more than the transfer
interface IPermit2 {
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    /// @notice What the owner signs, together with the spender (who calls) and a witness.
    /// @param nonce any number that the owner has not used
    /// @param deadline seconds since 1970
    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}
