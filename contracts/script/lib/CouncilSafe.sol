// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ISafe, ISafeProxyFactory} from "../external/ISafe.sol";
import {Deterministic} from "./Deterministic.sol";

/// @title The Safe that becomes the council, and nothing that only looks like it
/// @dev What a Safe answers about itself proves little: hidden owners and modules answer to nobody, a fallback handler makes
/// everybody speak with the Safe's voice, and a proxy can be a forgery. But its address commits to factory, proxy, singleton
/// and first setup (CREATE2), and a nonce of 0 says that nothing has happened since.
abstract contract CouncilSafe is Deterministic {
    /// @notice The Safe that must stand on this chain, set up by `createProxyWithNonce` without a delegate call and without
    /// a payment. A Safe's address can be taken on a new chain by replaying its first transaction: then its *original*
    /// owners rule it, whatever was changed since elsewhere.
    /// @param owners in the order of the setup
    struct Council {
        address safe;
        address[] owners;
        uint256 threshold;
        uint256 saltNonce;
        address singleton;
        bytes32 singletonCodehash;
        address proxyFactory;
        bytes32 proxyFactoryCodehash;
        bytes32 proxyCodehash;
        address fallbackHandler;
        bytes32 fallbackHandlerCodehash;
    }

    error CouncilSafe_NotASafe(address safe);
    error CouncilSafe_WrongCode(address at, bytes32 codehash, bytes32 expected);
    error CouncilSafe_WrongAddress(address safe, address expected);
    error CouncilSafe_WrongSingleton(address singleton, address expected);
    error CouncilSafe_WrongThreshold(uint256 threshold, uint256 expected);
    error CouncilSafe_WrongOwners(address[] owners);
    error CouncilSafe_WrongFallbackHandler(address handler, address expected);
    error CouncilSafe_HasModules(address module);
    error CouncilSafe_HasGuard(address guard);
    /// @notice It has executed something before there was anything to execute: its storage may hide whatever it likes.
    error CouncilSafe_AlreadyUsed(uint256 nonce);

    // From Safe's documentation: keccak256 of "guard_manager.guard.address" and "fallback_manager.handler.address".
    bytes32 private constant SAFE_GUARD_SLOT = 0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8;
    bytes32 private constant SAFE_HANDLER_SLOT = 0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5;
    address private constant SAFE_SENTINEL = address(1);

    /// @param mustBeUnused before the protocol stands on this chain; later the council has things to do
    function _requireCouncil(Council memory council, bool mustBeUnused) internal {
        if (council.safe.code.length == 0) revert CouncilSafe_NotASafe(council.safe);
        _requireCode(council.singleton, council.singletonCodehash);
        _requireCode(council.proxyFactory, council.proxyFactoryCodehash);
        _requireCode(council.fallbackHandler, council.fallbackHandlerCodehash);
        _requireCode(council.safe, council.proxyCodehash);
        (address expected,) = _safeSetup(council);
        if (council.safe != expected) revert CouncilSafe_WrongAddress(council.safe, expected);
        _requireStillSetUp(council);
        uint256 nonce = ISafe(council.safe).nonce();
        if (mustBeUnused && nonce != 0) revert CouncilSafe_AlreadyUsed(nonce);
    }

    /// @dev The address that the factory gives, and the setup that it depends on.
    function _safeSetup(Council memory council) internal pure returns (address safe, bytes memory initializer) {
        initializer = abi.encodeCall(
            ISafe.setup,
            (council.owners, council.threshold, address(0), "", council.fallbackHandler, address(0), 0, payable(0))
        );
        bytes memory proxyCode = bytes.concat(
            ISafeProxyFactory(council.proxyFactory).proxyCreationCode(), bytes32(uint256(uint160(council.singleton)))
        );
        bytes32 salt = keccak256(abi.encodePacked(keccak256(initializer), council.saltNonce));
        safe = vm.computeCreate2Address(salt, keccak256(proxyCode), council.proxyFactory);
    }

    /// @dev What could have been changed since the setup.
    function _requireStillSetUp(Council memory council) private {
        ISafe safe = ISafe(council.safe);
        address singleton = _addressIn(council.safe, 0);
        if (singleton != council.singleton) revert CouncilSafe_WrongSingleton(singleton, council.singleton);
        if (safe.getThreshold() != council.threshold) {
            revert CouncilSafe_WrongThreshold(safe.getThreshold(), council.threshold);
        }
        address[] memory owners = safe.getOwners();
        if (keccak256(abi.encode(_sorted(owners))) != keccak256(abi.encode(_sorted(council.owners)))) {
            revert CouncilSafe_WrongOwners(owners);
        }
        address handler = _addressIn(council.safe, SAFE_HANDLER_SLOT);
        if (handler != council.fallbackHandler) {
            revert CouncilSafe_WrongFallbackHandler(handler, council.fallbackHandler);
        }
        (address[] memory modules,) = safe.getModulesPaginated(SAFE_SENTINEL, 1);
        if (modules.length != 0) revert CouncilSafe_HasModules(modules[0]);
        address guard = _addressIn(council.safe, SAFE_GUARD_SLOT);
        if (guard != address(0)) revert CouncilSafe_HasGuard(guard);
    }

    function _requireCode(address at, bytes32 expected) private view {
        if (at.codehash != expected) revert CouncilSafe_WrongCode(at, at.codehash, expected);
    }

    function _addressIn(address account, bytes32 slot) private view returns (address) {
        return address(uint160(uint256(vm.load(account, slot))));
    }

    function _sorted(address[] memory list) private returns (uint256[] memory numbers) {
        numbers = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; i++) {
            numbers[i] = uint256(uint160(list[i]));
        }
        return vm.sort(numbers);
    }
}
