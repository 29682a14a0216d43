// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Devnet} from "./Devnet.sol";
import {Record} from "./Record.sol";

/// @title What is recorded of a development chain: the protocol, Safe's own contracts, and the test tokens
abstract contract DevnetRecord is Devnet, Record {
    function _record(Deployed memory deployed) internal returns (string memory) {
        vm.serializeString("record", "tokens", _recordTokens(deployed.tokens));
        _recordContracts(deployed.contracts, deployed.council);
        return _recordChain(HOME, _recordSafe(deployed.safe));
    }

    /// @dev The same keys with the same values, whatever the white space.
    function _isSameJson(string memory a, string memory b) internal pure returns (bool) {
        string[3] memory objects = ["$", ".contracts", ".tokens"];
        for (uint256 i = 0; i < objects.length; i++) {
            bytes memory keysOfA = abi.encode(vm.parseJsonKeys(a, objects[i]));
            if (keccak256(keysOfA) != keccak256(abi.encode(vm.parseJsonKeys(b, objects[i])))) return false;
        }
        return keccak256(vm.parseJson(a)) == keccak256(vm.parseJson(b));
    }

    function _recordSafe(SafeContracts memory safe) private returns (string memory) {
        vm.serializeAddress("contracts", "safeSingleton", safe.singleton);
        vm.serializeAddress("contracts", "safeProxyFactory", safe.proxyFactory);
        vm.serializeAddress("contracts", "safeFallbackHandler", safe.fallbackHandler);
        vm.serializeAddress("contracts", "multiSend", safe.multiSend);
        vm.serializeAddress("contracts", "multiSendCallOnly", safe.multiSendCallOnly);
        vm.serializeAddress("contracts", "simulateTxAccessor", safe.simulateTxAccessor);
        vm.serializeAddress("contracts", "createCall", safe.createCall);
        return vm.serializeAddress("contracts", "signMessageLib", safe.signMessageLib);
    }

    function _recordTokens(Tokens memory tokens) private returns (string memory) {
        vm.serializeAddress("tokens", "WETH", tokens.weth);
        vm.serializeAddress("tokens", "USDC", tokens.usdc);
        return vm.serializeAddress("tokens", "MEME", tokens.meme);
    }
}
