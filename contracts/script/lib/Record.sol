// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Protocol} from "./Protocol.sol";

/// @title deployments/<chainId>.json: what stands where
abstract contract Record is Protocol {
    function _recordPath() internal view returns (string memory) {
        return string.concat(vm.envOr("DEPLOYMENTS", string("deployments")), "/", vm.toString(block.chainid), ".json");
    }

    /// @param sinceBlock nothing of the protocol is older
    function _recordProtocol(Contracts memory contracts, Config memory config, address deployer, uint256 sinceBlock)
        internal
        returns (string memory)
    {
        vm.serializeAddress("record", "deployer", deployer);
        vm.serializeUint("record", "sinceBlock", sinceBlock);
        vm.serializeString("record", "code", _recordCodes());
        return _recordChain(config.homeChainId, _recordContracts(contracts, config.council.safe));
    }

    function _recordChain(uint256 homeChainId, string memory contracts) internal returns (string memory) {
        vm.serializeUint("record", "chainId", block.chainid);
        vm.serializeBool("record", "home", block.chainid == homeChainId);
        return vm.serializeString("record", "contracts", contracts);
    }

    function _recordContracts(Contracts memory contracts, address council) internal returns (string memory) {
        vm.serializeJson("contracts", "{}");
        if (contracts.checkpointer != address(0)) {
            vm.serializeAddress("contracts", "checkpointer", contracts.checkpointer);
            vm.serializeAddress("contracts", "directory", contracts.directory);
        }
        vm.serializeAddress("contracts", "factory", contracts.factory);
        vm.serializeAddress("contracts", "council", council);
        vm.serializeAddress("contracts", "timelock", contracts.timelock);
        vm.serializeAddress("contracts", "slowTimelock", contracts.slowTimelock);
        vm.serializeAddress("contracts", "authority", contracts.authority);
        vm.serializeAddress("contracts", "registry", contracts.registry);
        return vm.serializeAddress("contracts", "router", contracts.router);
    }

    /// @dev As people read it, with a line feed at the end.
    function _writeRecord(string memory record) internal {
        vm.writeJson(record, _recordPath());
        vm.writeLine(_recordPath(), "");
    }

    /// @dev By the contract's name.
    function _recordCodes() private returns (string memory codes) {
        vm.serializeJson("codes", "{}");
        for (uint256 i = 0; i < _codes.length; i++) {
            Code memory code = _codes[i];
            vm.serializeJson("code", "{}");
            vm.serializeAddress("code", "address", code.at);
            vm.serializeString("code", "source", code.source);
            vm.serializeBytes("code", "constructorArguments", code.arguments);
            string memory one = vm.serializeBytes32("code", "codehash", code.at.codehash);
            codes = vm.serializeString("codes", vm.split(code.source, ":")[1], one);
        }
    }
}
