// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ISafe, ISafeProxyFactory} from "../external/ISafe.sol";
import {Deterministic} from "./Deterministic.sol";

/// @title The real Safe 1.5.0 from its npm artefacts
/// @dev For chains where Safe's own deployment is missing: development chains and tests.
abstract contract SafeDeployment is Deterministic {
    /// @notice What protocol-kit calls `contractNetworks`.
    struct SafeContracts {
        address singleton;
        address proxyFactory;
        address fallbackHandler;
        address multiSend;
        address multiSendCallOnly;
        address simulateTxAccessor;
        address createCall;
        address signMessageLib;
    }

    string private constant ARTIFACTS = "node_modules/@safe-global/safe-smart-account/build/artifacts/contracts/";

    function _deploySafeContracts() internal returns (SafeContracts memory safe) {
        safe.singleton = _create2(_safeCode("SafeL2.sol/SafeL2.json"));
        safe.proxyFactory = _create2(_safeCode("proxies/SafeProxyFactory.sol/SafeProxyFactory.json"));
        safe.fallbackHandler =
            _create2(_safeCode("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json"));
        safe.multiSend = _create2(_safeCode("libraries/MultiSend.sol/MultiSend.json"));
        safe.multiSendCallOnly = _create2(_safeCode("libraries/MultiSendCallOnly.sol/MultiSendCallOnly.json"));
        safe.simulateTxAccessor = _create2(_safeCode("accessors/SimulateTxAccessor.sol/SimulateTxAccessor.json"));
        safe.createCall = _create2(_safeCode("libraries/CreateCall.sol/CreateCall.json"));
        safe.signMessageLib = _create2(_safeCode("libraries/SignMessageLib.sol/SignMessageLib.json"));
    }

    /// @dev The address depends on owners, threshold and the Safe's code alone.
    function _deploySafe(SafeContracts memory safe, address[] memory owners, uint256 threshold)
        internal
        returns (address proxy)
    {
        bytes memory initializer = abi.encodeCall(
            ISafe.setup, (owners, threshold, address(0), "", safe.fallbackHandler, address(0), 0, payable(0))
        );
        bytes memory proxyCode = bytes.concat(
            ISafeProxyFactory(safe.proxyFactory).proxyCreationCode(), bytes32(uint256(uint160(safe.singleton)))
        );
        bytes32 salt = keccak256(abi.encodePacked(keccak256(initializer), uint256(0)));
        proxy = vm.computeCreate2Address(salt, keccak256(proxyCode), safe.proxyFactory);
        if (proxy.code.length != 0) return proxy;
        address actual = ISafeProxyFactory(safe.proxyFactory).createProxyWithNonce(safe.singleton, initializer, 0);
        if (actual != proxy) revert Deterministic_WrongAddress(actual, proxy);
    }

    function _safeCode(string memory path) private view returns (bytes memory) {
        return vm.parseJsonBytes(vm.readFile(string.concat(ARTIFACTS, path)), ".bytecode");
    }
}
