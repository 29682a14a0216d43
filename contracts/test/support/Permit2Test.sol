// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DeployPermit2} from "@uniswap/v4-periphery/lib/permit2/test/utils/DeployPermit2.sol";

import {IPermit2} from "../../src/external/IPermit2.sol";
import {Signing} from "./Signing.sol";

/// @title The real Permit2 at its real address, and signatures for it
/// @dev The package carries the runtime code. Digests come from forge's own EIP-712, not from Permit2 or the router.
abstract contract Permit2Test is Signing {
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    string internal constant TOKEN_PERMISSIONS = "TokenPermissions(address token,uint256 amount)";
    string internal constant PERMIT_TRANSFER =
        "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)";
    string internal constant PERMIT_DEPOSIT =
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Deposit witness)";
    string internal constant DEPOSIT = "Deposit(address account,uint32 subaccount)";

    struct DepositWitness {
        address account;
        uint32 subaccount;
    }

    struct PermitTransfer {
        IPermit2.TokenPermissions permitted;
        address spender;
        uint256 nonce;
        uint256 deadline;
    }

    struct PermitDeposit {
        IPermit2.TokenPermissions permitted;
        address spender;
        uint256 nonce;
        uint256 deadline;
        DepositWitness witness;
    }

    // Where the code keeps what its constructor computed: immutables.
    uint256 private constant CACHED_CHAIN_ID = 0x1b21;
    uint256 private constant CACHED_DOMAIN = 0x1b47;

    error Permit2Test_AnotherCode(uint256 chainId);

    /// @dev The package's code was made at another address, on chain 31337, with that domain. Without it Permit2 computes
    /// the domain, as it does on any chain but the one where it was made.
    function placePermit2() internal {
        new DeployPermit2().run();
        bytes memory code = PERMIT2.code;
        uint256 chainId;
        assembly {
            let start := add(code, 0x20)
            chainId := mload(add(start, CACHED_CHAIN_ID))
            mstore(add(start, CACHED_CHAIN_ID), 0)
            mstore(add(start, CACHED_DOMAIN), 0)
        }
        if (chainId != 31337) revert Permit2Test_AnotherCode(chainId);
        vm.etch(PERMIT2, code);
    }

    function depositDigest(IPermit2.PermitTransferFrom memory permit, address spender, DepositWitness memory witness)
        internal
        view
        returns (bytes32)
    {
        string memory types = string.concat(PERMIT_DEPOSIT, DEPOSIT, TOKEN_PERMISSIONS);
        PermitDeposit memory message = PermitDeposit(permit.permitted, spender, permit.nonce, permit.deadline, witness);
        return permit2Digest(vm.eip712HashStruct(types, abi.encode(message)));
    }

    /// @dev Without a witness.
    function transferDigest(IPermit2.PermitTransferFrom memory permit, address spender)
        internal
        view
        returns (bytes32)
    {
        string memory types = string.concat(PERMIT_TRANSFER, TOKEN_PERMISSIONS);
        PermitTransfer memory message = PermitTransfer(permit.permitted, spender, permit.nonce, permit.deadline);
        return permit2Digest(vm.eip712HashStruct(types, abi.encode(message)));
    }

    /// @dev Permit2's domain has no version.
    function permit2Digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Permit2"),
                block.chainid,
                PERMIT2
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }
}
