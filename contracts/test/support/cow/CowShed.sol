// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {LibClone} from "solady/utils/LibClone.sol";

struct Call {
    address target;
    uint256 value;
    bytes callData;
    bool allowFailure;
    bool isDelegateCall;
}

/// @title Stand-in for COWShed: calls that its user signed, once per nonce
/// @dev Not the deployed contract, which no npm package carries: written from its documented behaviour, for tests, and for
/// users who are contracts only. Like the real one it is a proxy behind which the user's address is code, and its nonces
/// are a bitmap.
contract COWShed {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    string private constant CALL =
        "Call(address target,uint256 value,bytes callData,bool allowFailure,bool isDelegateCall)";
    bytes32 private constant CALL_TYPEHASH = keccak256(bytes(CALL));
    bytes32 private constant EXECUTE_HOOKS_TYPEHASH =
        keccak256(abi.encodePacked("ExecuteHooks(Call[] calls,bytes32 nonce,uint256 deadline)", CALL));

    string public constant VERSION = "2.1.0";

    mapping(uint256 word => uint256) private _usedNonces;

    error COWShed_Expired(uint256 deadline);
    error COWShed_NotSigned(address user);
    error COWShed_NonceUsed(bytes32 nonce);

    /// @dev Anybody may submit it, as often as he likes; it works once.
    function executeHooks(Call[] calldata calls, bytes32 nonce, uint256 deadline, bytes calldata signature) external {
        if (block.timestamp > deadline) revert COWShed_Expired(deadline);
        address user = abi.decode(LibClone.argsOnERC1967(address(this)), (address));
        bytes4 answer = IERC1271(user).isValidSignature(digestOf(calls, nonce, deadline), signature);
        if (answer != IERC1271.isValidSignature.selector) revert COWShed_NotSigned(user);

        uint256 bit = 1 << (uint256(nonce) & 0xff);
        if (_usedNonces[uint256(nonce) >> 8] & bit != 0) revert COWShed_NonceUsed(nonce);
        _usedNonces[uint256(nonce) >> 8] |= bit;
        for (uint256 i = 0; i < calls.length; i++) {
            run(calls[i]);
        }
    }

    function domainSeparator() public view returns (bytes32) {
        bytes32 nameHash = keccak256("COWShed");
        bytes32 versionHash = keccak256(bytes(VERSION));
        return keccak256(abi.encode(DOMAIN_TYPEHASH, nameHash, versionHash, block.chainid, address(this)));
    }

    function run(Call calldata call) private {
        (bool ok, bytes memory result) = call.isDelegateCall
            ? call.target.delegatecall(call.callData)
            : call.target.call{value: call.value}(call.callData);
        if (ok || call.allowFailure) return;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    function digestOf(Call[] calldata calls, bytes32 nonce, uint256 deadline) private view returns (bytes32) {
        bytes memory hashes;
        for (uint256 i = 0; i < calls.length; i++) {
            hashes = bytes.concat(hashes, hashOf(calls[i]));
        }
        bytes32 hash = keccak256(abi.encode(EXECUTE_HOOKS_TYPEHASH, keccak256(hashes), nonce, deadline));
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(), hash));
    }

    function hashOf(Call calldata call) private pure returns (bytes32) {
        bytes32 data = keccak256(call.callData);
        return
            keccak256(abi.encode(CALL_TYPEHASH, call.target, call.value, data, call.allowFailure, call.isDelegateCall));
    }
}

/// @title Stand-in for COWShedFactory: one shed per user, at an address that follows from him
/// @dev Not the deployed contract: see `COWShed`.
contract COWShedFactory {
    address public immutable implementation = address(new COWShed());

    function executeHooks(
        Call[] calldata calls,
        bytes32 nonce,
        uint256 deadline,
        address user,
        bytes calldata signature
    ) external {
        address shed = proxyOf(user);
        if (shed.code.length == 0) {
            LibClone.deployDeterministicERC1967(implementation, abi.encode(user), bytes32(uint256(uint160(user))));
        }
        COWShed(shed).executeHooks(calls, nonce, deadline, signature);
    }

    function proxyOf(address user) public view returns (address) {
        return LibClone.predictDeterministicAddressERC1967(
            implementation, abi.encode(user), bytes32(uint256(uint160(user))), address(this)
        );
    }
}
