// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IGPv2Settlement} from "../../src/external/IGPv2Settlement.sol";
import {IAcrossPool, IShedImplementation} from "../external/IContractsOfOthers.sol";
import {Deterministic} from "./Deterministic.sol";

/// @title Other people's contracts that a vault trusts, and nothing that only stands where they should
/// @dev A wrong address costs money and can never be corrected. Permit2 and CoW's settlement contract stand at addresses that
/// commit to their code; the others are asked who they are.
abstract contract ContractsOfOthers is Deterministic {
    /// @notice CoW Protocol; all 0 where it is not, and the shed's two where only cow-shed is missing.
    struct Cow {
        address settlement;
        address vaultRelayer;
        address shedFactory;
        address shedImplementation;
    }

    /// @param spokePool Across' pool, 0 where there is none
    struct Others {
        address permit2;
        address wrappedNative;
        address spokePool;
        Cow cow;
    }

    error ContractsOfOthers_NoCode(string what, address at);
    error ContractsOfOthers_Unexpected(string what, address at);

    // As deployed on every chain: the salt, and the hash of the creation code.
    bytes32 private constant PERMIT2_SALT = 0x0000000000000000000000000000000000000000d3af2663da51c10215000000;
    bytes32 private constant PERMIT2_HASH = 0xe2be1e05eedf35dacd66c65c862f8150ff9ab4b6b24b9bbe62be71b6b16cf0f8;

    function _requireContractsOfOthers(Others memory others) internal view {
        _requireCodeOf("wrappedNative", others.wrappedNative);
        _requireCodeOf("permit2", others.permit2);
        _requireExpected(others.permit2 == _permit2Address(), "permit2", others.permit2);
        if (others.spokePool != address(0)) _requirePool(others.spokePool, others.wrappedNative);
        if (others.cow.settlement != address(0)) _requireCow(others.cow);
        if (others.cow.shedFactory != address(0)) _requireShed(others.cow);
    }

    /// @dev It commits to the code: whatever stands there is Permit2.
    function _permit2Address() internal pure returns (address) {
        return vm.computeCreate2Address(PERMIT2_SALT, PERMIT2_HASH, DETERMINISTIC_DEPLOYER);
    }

    /// @dev Behind a proxy that is upgraded: its address is all there is, and what it says about itself.
    function _requirePool(address pool, address wrappedNative) private view {
        _requireCodeOf("spokePool", pool);
        bool isOfThisChain =
            IAcrossPool(pool).chainId() == block.chainid && IAcrossPool(pool).wrappedNativeToken() == wrappedNative;
        _requireExpected(isOfThisChain, "spokePool", pool);
    }

    /// @dev The relayer is the first contract that the settlement contract creates.
    function _requireCow(Cow memory cow) private view {
        _requireCodeOf("cow.settlement", cow.settlement);
        _requireCodeOf("cow.vaultRelayer", cow.vaultRelayer);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Gnosis Protocol"),
                keccak256("v2"),
                block.chainid,
                cow.settlement
            )
        );
        IGPv2Settlement settlement = IGPv2Settlement(cow.settlement);
        _requireExpected(settlement.domainSeparator() == domain, "cow.settlement", cow.settlement);
        bool isRelayer = settlement.vaultRelayer() == cow.vaultRelayer
            && vm.computeCreateAddress(cow.settlement, 1) == cow.vaultRelayer;
        _requireExpected(isRelayer, "cow.vaultRelayer", cow.vaultRelayer);
    }

    function _requireShed(Cow memory cow) private view {
        _requireExpected(cow.settlement != address(0), "cow.settlement", cow.settlement);
        _requireCodeOf("cow.shedFactory", cow.shedFactory);
        _requireCodeOf("cow.shedImplementation", cow.shedImplementation);
        bool isItsOwn = IShedImplementation(cow.shedFactory).implementation() == cow.shedImplementation;
        _requireExpected(isItsOwn, "cow.shedImplementation", cow.shedImplementation);
    }

    function _requireCodeOf(string memory what, address at) private view {
        if (at.code.length == 0) revert ContractsOfOthers_NoCode(what, at);
    }

    function _requireExpected(bool expected, string memory what, address at) private pure {
        if (!expected) revert ContractsOfOthers_Unexpected(what, at);
    }
}
