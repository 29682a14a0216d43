// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";

/// @title The two signatures that everything which moves money or state needs
/// @dev Plain ECDSA over 65 bytes `r‖s‖v` with low `s`: one digest has exactly one valid signature form per nonce, and
/// neither key can be a contract.
library Signatures {
    /// @notice Nobody leads: no second signature can be valid.
    error Signatures_NoLeader();
    /// @notice The two signatures are not the enclave key's and the leader's, in this order. `first` and `second` signed
    /// them; 0 for a malformed or malleable one.
    error Signatures_NotBoth(address first, address second);

    /// @notice The two keys in one word, 0 while nobody leads: a contract that keeps it reads one slot instead of two.
    function pairOf(address enclave, address leader) internal pure returns (bytes32) {
        return leader == address(0) ? bytes32(0) : _hashPair(enclave, leader);
    }

    /// @param pair `pairOf` the two keys. No key is 0, so a malformed signature matches none.
    function requireBoth(bytes32 digest, bytes32 pair, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        internal
        pure
    {
        if (pair == 0) revert Signatures_NoLeader();
        (address first, address second) = (recover(digest, enclaveSignature), recover(digest, leaderSignature));
        if (_hashPair(first, second) != pair) revert Signatures_NotBoth(first, second);
    }

    /// @dev `keccak256(abi.encode(first, second))`.
    function _hashPair(address first, address second) private pure returns (bytes32) {
        return EfficientHashLib.hash(uint256(uint160(first)), uint256(uint160(second)));
    }

    /// @dev 0 when the signature is malformed, so the caller must not compare with 0.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        (signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
    }
}
