// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Script} from "forge-std/Script.sol";
import {VmSafe} from "forge-std/Vm.sol";

import {DirectoryGenesis} from "../src/types/Listings.sol";
import {ConfigFile} from "./lib/ConfigFile.sol";
import {Record} from "./lib/Record.sol";

/// @title The protocol on one chain, home or not
/// @dev Once per chain, always with the same deployer, because addresses follow from it:
///
///     CONFIG=contracts/script/config/<name>.json forge script contracts/script/Deploy.s.sol \
///         --rpc-url <url> --account <deployer> --sender <its address> --broadcast
///
/// The council's Safe must stand already, made by `createProxyWithNonce` of the configured factory from exactly the
/// configured singleton, owners (in their order), threshold, fallback handler and salt nonce, and must not have executed
/// anything: anything else is refused before anything is deployed. What stands already is left alone, so a
/// broken run can be repeated; it is compared with the configuration, and a difference is refused. The configuration of
/// every chain carries the whole `directory`, so that its decimals are compared with those of the tokens. Writes
/// deployments/<chainId>.json when it broadcasts. A chain counts only once the Directory names it.
contract Deploy is Script, ConfigFile, Record {
    error Deploy_WrongChain(uint256 chainId, uint256 configured);

    function run() external {
        string memory record = _deploy(vm.readFile(vm.envString("CONFIG")), msg.sender);
        if (vm.isContext(VmSafe.ForgeContext.ScriptBroadcast)) _writeRecord(record);
    }

    /// @dev Returns the record.
    function _deploy(string memory json, address deployer) internal returns (string memory) {
        uint256 chainId = vm.parseJsonUint(json, ".chainId");
        if (block.chainid != chainId) revert Deploy_WrongChain(block.chainid, chainId);
        Config memory config = _readConfig(json);
        DirectoryGenesis memory genesis = _readGenesis(json, _addresses(deployer));
        bool isHome = chainId == config.homeChainId;
        _requireDecimals(genesis.tokens);

        vm.startBroadcast(deployer);
        Contracts memory contracts = _deployProtocol(deployer, config);
        if (isHome) _deployHome(deployer, config, genesis);
        vm.stopBroadcast();

        _requireAsConfigured(deployer, config);
        if (isHome) _requireHomeAsConfigured(deployer, config, genesis);
        return _recordProtocol(contracts, config.council.safe, config.homeChainId);
    }
}
