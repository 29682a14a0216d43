// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Protocol} from "./Protocol.sol";

/// @title deployments/<chainId>.json: deterministic addresses and nothing else
abstract contract Record is Protocol {
    function _recordPath() internal view returns (string memory) {
        return string.concat("deployments/", vm.toString(block.chainid), ".json");
    }

    function _recordProtocol(Contracts memory contracts, address council, uint256 homeChainId)
        internal
        returns (string memory)
    {
        return _recordChain(homeChainId, _recordContracts(contracts, council));
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
}
