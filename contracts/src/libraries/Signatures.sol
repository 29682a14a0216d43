// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title The two signatures that everything which moves money or state needs
/// @dev Plain ECDSA over 65 bytes `r‖s‖v` with low `s`: one digest has exactly one valid signature form per nonce, and
/// neither key can be a contract.
library Signatures {
    /// @notice Nobody leads: no second signature can be valid.
    error Signatures_NoLeader();
    /// @notice The first signature is not the enclave key's. `recovered` is 0 for a malformed or malleable one.
    error Signatures_NotEnclave(address recovered);
    /// @notice The second signature is not the leader's. `recovered` is 0 for a malformed or malleable one.
    error Signatures_NotLeader(address recovered);

    function requireBoth(
        bytes32 digest,
        address enclave,
        address leader,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) internal pure {
        if (leader == address(0)) revert Signatures_NoLeader();
        address recovered = recover(digest, enclaveSignature);
        if (recovered != enclave) revert Signatures_NotEnclave(recovered);
        recovered = recover(digest, leaderSignature);
        if (recovered != leader) revert Signatures_NotLeader(recovered);
    }

    /// @dev 0 when the signature is malformed, so the caller must not compare with 0.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        (signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
    }
}
