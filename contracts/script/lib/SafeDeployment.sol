// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ISafeProxyFactory} from "../external/ISafe.sol";
import {CouncilSafe} from "./CouncilSafe.sol";

/// @title The real Safe 1.5.0 from its npm artefacts
/// @dev For chains where Safe's own deployment is missing: development chains and tests.
abstract contract SafeDeployment is CouncilSafe {
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
        Council memory council = _councilOf(safe, owners, threshold);
        bytes memory initializer;
        (proxy, initializer) = _safeSetup(council);
        if (proxy.code.length != 0) return proxy;
        address actual =
            ISafeProxyFactory(safe.proxyFactory).createProxyWithNonce(safe.singleton, initializer, council.saltNonce);
        if (actual != proxy) revert Deterministic_WrongAddress(actual, proxy);
    }

    /// @dev The codes are what was just deployed from the artefacts.
    function _councilOf(SafeContracts memory safe, address[] memory owners, uint256 threshold)
        internal
        view
        returns (Council memory council)
    {
        (council.owners, council.threshold) = (owners, threshold);
        (council.singleton, council.singletonCodehash) = (safe.singleton, safe.singleton.codehash);
        (council.proxyFactory, council.proxyFactoryCodehash) = (safe.proxyFactory, safe.proxyFactory.codehash);
        (council.fallbackHandler, council.fallbackHandlerCodehash) =
        (safe.fallbackHandler, safe.fallbackHandler.codehash);
        council.proxyCodehash = keccak256(_artifact("proxies/SafeProxy.sol/SafeProxy.json", ".deployedBytecode"));
        (council.safe,) = _safeSetup(council);
    }

    function _safeCode(string memory path) internal view returns (bytes memory) {
        return _artifact(path, ".bytecode");
    }

    function _artifact(string memory path, string memory key) private view returns (bytes memory) {
        return vm.parseJsonBytes(vm.readFile(string.concat(ARTIFACTS, path)), key);
    }
}
