// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ISafe} from "../../script/external/ISafe.sol";
import {DevnetRecord} from "../../script/lib/DevnetRecord.sol";
import {Signing} from "./Signing.sol";

/// @title A development chain as the deploy script leaves it, with a council that acts through its real Safe
abstract contract DevnetTest is Test, Signing, DevnetRecord {
    function deployChain(uint256 chainId, address enclave) internal returns (Deployed memory deployed) {
        vm.chainId(chainId);
        vm.startPrank(_account(DEPLOYER));
        deployed = _deployDevnet(enclave);
        vm.stopPrank();
    }

    /// @dev As `owners` (their indices) sign it and anybody submits it.
    function execute(address council, address to, bytes memory data, uint32[] memory owners) internal {
        ISafe safe = ISafe(council);
        bytes32 hash = safe.getTransactionHash(to, 0, data, 0, 0, 0, 0, address(0), address(0), safe.nonce());
        bytes memory signatures = ownerSignatures(hash, owners);
        safe.execTransaction(to, 0, data, 0, 0, 0, 0, address(0), payable(0), signatures);
    }

    /// @dev The Safe runs `to`'s code as its own, if enough owners sign that without looking.
    function executeDelegated(address council, address to, bytes memory data) internal {
        ISafe safe = ISafe(council);
        bytes32 hash = safe.getTransactionHash(to, 0, data, 1, 0, 0, 0, address(0), address(0), safe.nonce());
        bytes memory signatures = ownerSignatures(hash, threeOwners());
        safe.execTransaction(to, 0, data, 1, 0, 0, 0, address(0), payable(0), signatures);
    }

    function execute(address council, address to, bytes memory data) internal {
        execute(council, to, data, threeOwners());
    }

    function threeOwners() internal pure returns (uint32[] memory owners) {
        owners = new uint32[](3);
        (owners[0], owners[1], owners[2]) = (FIRST_OWNER, FIRST_OWNER + 2, FIRST_OWNER + 4);
    }

    /// @dev The Safe wants them in the order of the owners' addresses.
    function ownerSignatures(bytes32 hash, uint32[] memory owners) private pure returns (bytes memory signatures) {
        for (uint256 i = 0; i < owners.length; i++) {
            for (uint256 j = i + 1; j < owners.length; j++) {
                if (_account(owners[j]) < _account(owners[i])) (owners[i], owners[j]) = (owners[j], owners[i]);
            }
        }
        for (uint256 i = 0; i < owners.length; i++) {
            signatures = bytes.concat(signatures, signed(_key(owners[i]), hash));
        }
    }
}
