// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Devnet} from "./Devnet.sol";

/// @title deployments/<chainId>.json: deterministic addresses and nothing else
abstract contract DevnetRecord is Devnet {
    function _recordPath() internal view returns (string memory) {
        return string.concat("deployments/", vm.toString(block.chainid), ".json");
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

    /// @dev The file's content.
    function _record(Deployed memory deployed) internal returns (string memory) {
        vm.serializeUint("record", "chainId", block.chainid);
        vm.serializeBool("record", "home", block.chainid == HOME);
        vm.serializeString("record", "contracts", _recordContracts(deployed));
        return vm.serializeString("record", "tokens", _recordTokens(deployed.tokens));
    }

    function _recordContracts(Deployed memory deployed) private returns (string memory) {
        Contracts memory contracts = deployed.contracts;
        if (contracts.checkpointer != address(0)) {
            vm.serializeAddress("contracts", "checkpointer", contracts.checkpointer);
            vm.serializeAddress("contracts", "directory", contracts.directory);
        }
        vm.serializeAddress("contracts", "factory", contracts.factory);
        vm.serializeAddress("contracts", "council", deployed.council);
        vm.serializeAddress("contracts", "timelock", contracts.timelock);
        vm.serializeAddress("contracts", "authority", contracts.authority);
        vm.serializeAddress("contracts", "registry", contracts.registry);
        vm.serializeAddress("contracts", "router", contracts.router);
        vm.serializeAddress("contracts", "safeSingleton", deployed.safe.singleton);
        vm.serializeAddress("contracts", "safeProxyFactory", deployed.safe.proxyFactory);
        vm.serializeAddress("contracts", "safeFallbackHandler", deployed.safe.fallbackHandler);
        vm.serializeAddress("contracts", "multiSend", deployed.safe.multiSend);
        vm.serializeAddress("contracts", "multiSendCallOnly", deployed.safe.multiSendCallOnly);
        vm.serializeAddress("contracts", "simulateTxAccessor", deployed.safe.simulateTxAccessor);
        vm.serializeAddress("contracts", "createCall", deployed.safe.createCall);
        return vm.serializeAddress("contracts", "signMessageLib", deployed.safe.signMessageLib);
    }

    function _recordTokens(Tokens memory tokens) private returns (string memory) {
        vm.serializeAddress("tokens", "WETH", tokens.weth);
        vm.serializeAddress("tokens", "USDC", tokens.usdc);
        return vm.serializeAddress("tokens", "MEME", tokens.meme);
    }
}
